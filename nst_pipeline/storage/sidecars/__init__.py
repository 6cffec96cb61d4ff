"""What users lay beside their photos: annotations, placements, licenses."""
