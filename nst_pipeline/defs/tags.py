"""The tags that this package puts on runs and assets, and names of metadata."""

PHASE_TAG = "nst/phase"
"""Tag of the runs of the sensor, the nightly job, and `nst run`: the phase. The run queue executes
one phase at a time."""
PROCESS_TAG = "nst/process"
"""Tag of runs: the process that executes the run."""
ASSET_TAG = "nst/made-for-each-of"
"""Tag of assets: the inbox whose photos are its partitions (`objects` or `scenes`), or `collection`
if it has no partitions."""
FAILED_RUNS = "failed runs"
"""Metadata of a failure: the runs whose failure it repeats, and that alerts have named already."""
