"""The Dagster layer, one file for each kind of thing; thin."""
