"""Tags of our own, of runs and of assets."""

PHASE_TAG = "nst/phase"
"""Marks the runs of the sensor, the nightly job and `nst run`; one phase runs at a time."""
PROCESS_TAG = "nst/process"
"""The process that a run is made in."""
ASSET_TAG = "nst/made-for-each-of"
"""Of an asset: what its partitions are, or the whole `collection`."""
