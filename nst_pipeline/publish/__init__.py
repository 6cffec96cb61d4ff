"""Results for people: the labeled dataset and its exports, the gallery, reports, sheets."""
