"""The tags that this package puts on runs and assets."""

PHASE_TAG = "nst/phase"
"""On runs of the sensor, the nightly job and `nst run`: the phase. One phase runs at a time."""
PROCESS_TAG = "nst/process"
"""On runs: the process that executes the run."""
ASSET_TAG = "nst/made-for-each-of"
"""On assets: what a partition is (`objects`, `scenes`), or `collection` for one result of all."""
