"""Files that users put beside their photos: annotations, placements and licenses."""
