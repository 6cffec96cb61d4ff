"""A scene in light that the user names: stickers turn to it and cast shadows in it."""

import numpy as np
import pytest

from nst_pipeline.storage.records import Placements
from nst_pipeline.vision.compose.visibility import count_background_changes
from nst_pipeline.vision.images.png import encode_png
from tests.defs.conftest import PLAUSIBLE, SETTINGS, Collection

LIGHT_FROM_LEFT = SETTINGS.replace(PLAUSIBLE, 'cast_shadow = "left"\nmin_plausibility = 0')


def _ball() -> np.ndarray:
    """A ball that was lit from the right."""
    y, x = np.mgrid[-1:1:160j, -1:1:160j]
    inside = x**2 + y**2 < 0.9
    shade = np.clip(0.5 + 0.45 * x, 0.05, 1)[..., None]
    return np.dstack([255 * np.sqrt(shade) * np.array([0.9, 0.6, 0.4]), 255 * inside]).astype(
        np.uint8
    )


def _square() -> np.ndarray:
    scene = np.full((240, 320, 3), (165, 160, 150), np.uint8)
    scene[:100] = (120, 165, 225)
    return scene + np.random.default_rng(0).integers(0, 6, scene.shape, np.uint8)


@pytest.fixture(scope="module")
def lit(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lit")
    collection = Collection(folder / "data", folder / "home")
    for inbox, name, picture in (("objects", "ball", _ball()), ("scenes", "square", _square())):
        (collection.root / inbox).mkdir(parents=True)
        (collection.root / inbox / f"{name}.png").write_bytes(encode_png(picture))
    collection.home.mkdir()
    (collection.root / "nst.toml").write_text(LIGHT_FROM_LEFT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAGSTER_DISABLE_TELEMETRY", "yes")
        patch.setenv("NST_DATA", str(collection.root))
        ran = collection.update()
    assert [run.error for run in ran if not run.success] == []
    return collection


def test_the_record_says_why_a_sticker_was_mirrored(lit):
    (key,) = lit.rows("placements")
    (placed,) = lit.open().store.record(Placements, "placements", key)
    assert placed.flip
    assert placed.turned == "mirrored: it was lit from the right, the scene is lit from the left"


def test_the_shadow_falls_to_the_right_and_nothing_else_changes(lit):
    (key,) = lit.rows("composites")
    store = lit.open().store
    box = store.record(Placements, "placements", key)[0].box
    shadow, mask = (store.picture("composites", key, name) for name in (".shadow.png", ".mask.png"))
    right, left = shadow[:, box.right + 3 :], shadow[:, : box.x - 3]
    assert right.max() > 80 and right.sum() > 5 * left.sum()
    for asset in ("composites", "harmonized"):
        result = store.picture(asset, key)
        assert count_background_changes(_square(), result, mask, shadow) == 0
