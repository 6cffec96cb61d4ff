"""Upkeep of a collection: verify it, remove garbage, explain stale artifacts, write reports."""
