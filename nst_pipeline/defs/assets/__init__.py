"""An asset of the pipeline as a Dagster asset: its run, checks, metadata, versions, and form."""
