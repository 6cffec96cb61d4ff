"""Where stickers go on a scene, how large, and which."""
