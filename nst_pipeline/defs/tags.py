"""The tags that this package puts on runs and assets."""

PHASE_TAG = "nst/phase"
"""Tag of the runs of the sensor, the nightly job, and `nst run`: the phase. The run queue executes
one phase at a time."""
ONLY_TAG = "nst/only"
"""Tag of runs: the keys of the images to make, joined by commas; without it, all of the run's
partitions."""
PROCESS_TAG = "nst/process"
"""Tag of runs: the process that executes the run."""
ASSET_TAG = "nst/made-for-each-of"
"""Tag of assets: the inbox whose photos are its partitions (`objects` or `scenes`), or `collection`
if it has no partitions."""
