"""Plan and execute the runs that bring a collection up to date; end those that were killed."""
