"""Read from which side the light comes, in scenes and on stickers."""
