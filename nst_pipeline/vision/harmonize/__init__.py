"""Give a pasted object the look of its surroundings."""
