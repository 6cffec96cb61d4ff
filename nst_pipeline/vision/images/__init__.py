"""Pictures as arrays: read and write files, resize, convert colors, find a matte's regions."""
