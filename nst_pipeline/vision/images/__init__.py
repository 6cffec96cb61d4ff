"""Pictures as arrays: files in and out, sizes, colors, and the regions that a matte defines."""
