"""Where things are kept: inboxes, artifacts, the catalog, fingerprints, lineage."""
