"""Paste stickers on a scene, with their contact shadows."""
