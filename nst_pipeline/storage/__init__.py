"""Where things are kept: inboxes, artifacts, the catalogue, fingerprints, lineage."""
