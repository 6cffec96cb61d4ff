"""Run tags of our own."""

PHASE_TAG = "nst/phase"
"""Marks the runs of the sensor, the nightly job and `nst run`; one phase runs at a time."""
PROCESS_TAG = "nst/process"
"""The process that a run is made in."""
