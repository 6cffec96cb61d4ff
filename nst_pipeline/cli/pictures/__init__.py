"""Commands that work on picture files, without a collection."""
