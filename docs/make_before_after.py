"""Write docs/images/before-after.webp: a sample object as it was pasted, and the pipeline's result.

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
SCENE = "pavement"
ROWS, COLUMNS = slice(212, 512), slice(112, 512)
"""The part of the scene that is shown."""
ENLARGEMENT = 1.5
GAP_PX = 12
WEBP_QUALITY = 90


def main() -> None:
    """Lay both parts side by side."""
    artifacts = Path(sys.argv[1]) / "artifacts"
    (result,) = (artifacts / "harmonized").glob(f"{SCENE}-*.png")
    parts = [
        cv2.resize(
            read_picture(artifacts / asset / result.name)[ROWS, COLUMNS],
            None,
            fx=ENLARGEMENT,
            fy=ENLARGEMENT,
            interpolation=cv2.INTER_CUBIC,
        )
        for asset in ("composites", "harmonized")
    ]
    gap = np.full((len(parts[0]), GAP_PX, 3), 255, np.uint8)
    sheet = np.hstack([parts[0], gap, parts[1]])
    _, data = cv2.imencode(".webp", sheet[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])
    PICTURE.write_bytes(data.tobytes())


if __name__ == "__main__":
    main()
