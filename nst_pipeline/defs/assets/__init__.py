"""Dagster assets: how they run, and their checks, metadata, versions, and config forms."""
