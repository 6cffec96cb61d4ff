"""Look after a collection: verify, collect garbage, list what is stale, report."""
