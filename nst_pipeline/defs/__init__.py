"""The Dagster layer: turns the asset graph into Dagster definitions, one file for each kind."""
