"""The table of an export's pictures, `composites.csv`."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pandas as pd

FIGURES = "composites.csv"


def figures_table(rows: pd.DataFrame) -> pd.DataFrame:
    """List the images with their origin, their naturalness, and how well each candidate fits.

    Parameters
    ----------
    rows
        The dataset's table (`publish.dataset.COLUMNS`).

    Returns
    -------
    DataFrame
        One row per image; color fits are in columns `color_fit_<candidate>`.
    """
    columns = ["scene", "split", "scene_photo", "naturalness", "chosen", "color_fit"]
    images = rows.drop_duplicates("image_id")[columns].reset_index(drop=True)
    fits = pd.json_normalize([json.loads(each) for each in images.pop("color_fit")])
    return images.join(fits.add_prefix("color_fit_"))


def figures_csv(rows: pd.DataFrame, parts: Mapping[str, str]) -> bytes:
    """Encode the figures of the dataset's images as CSV; `split` is the part of the export.

    Parameters
    ----------
    rows
        The dataset's table.
    parts
        Part by scene key; the others are `left out`.
    """
    split = rows.scene.map(parts).fillna("left out")
    text: str = figures_table(rows.assign(split=split)).to_csv(index=False)
    return text.encode()
