"""Asset checks of intact artifacts, and of artifacts that were changed afterwards."""

import dagster as dg
import numpy as np
import pytest

from nst_pipeline.defs.assets.checks import check_results, check_specs
from nst_pipeline.pipeline.engine.batch import Outcome
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps import BY_NAME
from nst_pipeline.vision.images.png import decode_png, encode_png


def results(collection, asset: str) -> dict[str, dg.AssetCheckResult]:
    """Check an asset as if one run had made all its artifacts, as they are in the store now."""
    outcome = Outcome(made=collection.rows(asset))
    found = check_results(Snapshot(collection.open()), BY_NAME[asset], outcome)
    return {each.check_name: each for each in found}


def tamper(collection, asset: str, name: str, change) -> str:
    """Change the pixels of one stored artifact, and return its key."""
    row = next(row for row in collection.rows(asset).values() if row.status == "ok")
    path = collection.root / "artifacts" / asset / f"{row.key}{name}"
    path.write_bytes(encode_png(change(decode_png(path.read_bytes()).copy())))
    return row.key


def offenders(result: dg.AssetCheckResult) -> dict[str, str]:
    records = [record.data for record in result.metadata["images"].records]
    return {record["key"]: record["complaint"] for record in records}


@pytest.mark.parametrize("asset", ["stickers", "composites", "harmonized"])
def test_real_photos_pass(made, asset):
    found = results(made, asset)
    assert set(found) == {spec.name for spec in check_specs(BY_NAME[asset])}
    for result in found.values():
        assert result.passed, result.metadata
        assert result.metadata["looked at"].value == "3 of 3"
        assert result.metadata["complaints"].value == 0


def test_one_changed_background_pixel_is_found(collection):
    def touch(picture):
        picture[0, 0] ^= 1
        return picture

    key = tamper(collection, "harmonized", ".png", touch)
    result = results(collection, "harmonized")["background_untouched"]
    assert not result.passed
    assert result.severity == dg.AssetCheckSeverity.ERROR
    assert offenders(result)[key].startswith("1 pixels outside the object")


def test_a_damaged_or_cropped_picture_fails_the_check(collection):
    cut = tamper(collection, "composites", ".png", lambda picture: picture[:-1])
    missing = next(key for key in collection.rows("composites") if key != cut)
    (collection.root / f"artifacts/composites/{missing}.png").write_bytes(b"no picture")
    complaints = offenders(results(collection, "composites")["opens"])
    assert "pixels, but its scene" in complaints[cut]
    assert "damaged" in complaints[missing]


@pytest.mark.parametrize(
    ("matte", "complaint"),
    [
        (lambda alpha: np.where(alpha > 250, alpha, 0) // 60, "the object was lost"),
        (lambda alpha: np.full_like(alpha, 255), "the background was kept"),
        (lambda alpha: np.where(alpha > 127, 255, 0), "its edge is hard"),
    ],
)
def test_poor_mattes_are_named(collection, matte, complaint):
    def change(pixels):
        pixels[..., 3] = matte(pixels[..., 3])
        return pixels

    key = tamper(collection, "stickers", ".0.png", change)
    result = results(collection, "stickers")["matte_quality"]
    assert result.severity == dg.AssetCheckSeverity.WARN
    assert complaint in offenders(result)[key]


def test_a_large_batch_is_sampled_evenly(made):
    row = next(row for row in made.rows("stickers").values() if row.status == "ok")
    outcome = Outcome(made={f"{number}": row for number in range(500)})
    (result,) = check_results(Snapshot(made.open()), BY_NAME["stickers"], outcome)
    assert result.metadata["looked at"].value == "12 of 500"
    assert result.metadata["median quality"].value == pytest.approx(row.figures["quality"], 1e-3)
