"""What people look at or load: the gallery, the labeled dataset, contact sheets."""
