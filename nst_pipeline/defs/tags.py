"""The tags that this package puts on runs and assets, and names of metadata."""

PHASE_TAG = "nst/phase"
"""Tag of the runs of the sensor, the nightly job, and `nst run`: the phase."""
SEQUENCE_TAG = "nst/in-sequence"
"""Tag of runs of several phases that the sensor planned together. The run queue executes one of
them at a time; runs of one phase may be executed side by side."""
ONLY_TAG = "nst/only"
"""Tag of runs: the keys of the images to make, joined by commas; without it, all of the run's
partitions."""
PROCESS_TAG = "nst/process"
"""Tag of runs: the process that executes the run, and the run's id."""
ASSET_TAG = "nst/made-for-each-of"
"""Tag of assets: the inbox whose photos are its partitions (`objects` or `scenes`), or `collection`
if it has no partitions."""
FAILED_RUNS = "failed runs"
"""Metadata of a failure: the runs whose failure it repeats, and that alerts have named already."""
