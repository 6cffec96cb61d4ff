"""Choose stickers for a scene, and their places and sizes on it."""
