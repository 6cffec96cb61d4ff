"""How artifacts are planned and made: the graph, batches, snapshots of the catalog."""
