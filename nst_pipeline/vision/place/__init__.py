"""Choose stickers for a scene, and decide where and how large they stand."""
