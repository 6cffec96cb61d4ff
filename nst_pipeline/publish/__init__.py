"""What people use of a collection: dataset, exports, gallery, reports, contact sheets."""
