"""Paste stickers on a scene, with contact shadows."""
