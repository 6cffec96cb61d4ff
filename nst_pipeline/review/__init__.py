"""A local web app to decide about results, and to mark objects in photos."""
