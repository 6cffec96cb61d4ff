"""What people look at or load: the gallery, the labelled dataset, contact sheets."""
