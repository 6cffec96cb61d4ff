"""Storage: inboxes and sidecars, artifacts and their records, the catalog, lineage."""
