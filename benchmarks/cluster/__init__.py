"""A Ray cluster with Dagster on this machine, for `make ray-demo` and the fault tests."""
