"""The catalog: one row for every artifact, in a Delta table (Parquet with atomic commits)."""

from nst_pipeline.storage.catalog.rows import SCHEMA, ArtifactState, Input, Row, Status
from nst_pipeline.storage.catalog.table import Catalog

__all__ = ["SCHEMA", "ArtifactState", "Catalog", "Input", "Row", "Status"]
