"""Which runs bring a collection up to date, and what becomes of those that were killed."""
