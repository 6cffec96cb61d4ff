"""Write docs/images/before-after.webp: sample objects as they were pasted, and the results.

nst --data FOLDER samples && nst --data FOLDER run
python docs/make_before_after.py FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
import numpy as np

from nst_pipeline.storage.pictures import read_picture

PICTURE = Path(__file__).parent / "images" / "before-after.webp"
PARTS = {
    "cafe-table": (slice(160, 400), slice(280, 600)),
    "pavement": (slice(272, 512), slice(192, 512)),
}
"""The parts of the scenes that are shown: rows and columns."""
ENLARGEMENT = 1.8
GAP_PX = 12
WEBP_QUALITY = 90


def _side_by_side(parts: list[np.ndarray], axis: int) -> np.ndarray:
    """Join two pictures, with a white gap."""
    first, second = parts
    shape = list(first.shape)
    shape[axis] = GAP_PX
    return np.concatenate([first, np.full(shape, 255, np.uint8), second], axis)


def _row(artifacts: Path, scene: str) -> np.ndarray:
    """Show a part of a scene as it was pasted, and the result."""
    (result,) = (artifacts / "harmonized").glob(f"{scene}-*.png")
    parts = [
        cv2.resize(
            read_picture(artifacts / asset / result.name)[PARTS[scene]],
            None,
            fx=ENLARGEMENT,
            fy=ENLARGEMENT,
            interpolation=cv2.INTER_CUBIC,
        )
        for asset in ("composites", "harmonized")
    ]
    return _side_by_side(parts, 1)


def main() -> None:
    """Lay the parts out, a row for each scene."""
    artifacts = Path(sys.argv[1]) / "artifacts"
    sheet = _side_by_side([_row(artifacts, scene) for scene in PARTS], 0)
    _, data = cv2.imencode(".webp", sheet[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])
    PICTURE.write_bytes(data.tobytes())


if __name__ == "__main__":
    main()
