"""From two folders of photos to harmonized composites, and what a second run does."""

import numpy as np

from nst_pipeline.pipeline.steps import ASSETS
from nst_pipeline.pipeline.steps.sticker_library import read_library
from nst_pipeline.storage.records import HarmonizedRecord, OptimizedRecord
from tests.defs.conftest import PLAUSIBLE, SETTINGS

SMALL = (
    f"[placement]\ncut_objects = true\n{PLAUSIBLE}\n[recipes]\nleft_side = 192\nright_side = 128\n"
)


def _keys(collection, asset):
    return set(collection.rows(asset))


def _made_by(collection, runs):
    ids = {run.run_id for run in runs}
    return {(row.asset, row.key) for row in collection.open().catalog.rows() if row.run_id in ids}


def test_every_asset_makes_its_artifact(made):
    rows = made.open().catalog.rows()
    assert {row.asset for row in rows} == {node.name for node in ASSETS}
    assert {row.status for row in rows if row.asset != "stylized_vgg19"} == {"ok"}
    assert len(made.rows("harmonized")) == 3
    assert len(made.rows("stickers")) == 3


def test_vgg19_without_weights_is_an_empty_result_that_says_so(made):
    for row in made.rows("stylized_vgg19").values():
        assert row.status == "empty"
        assert "missing.h5" in row.error


def test_the_background_keeps_the_pixels_of_the_scene_at_full_resolution(made):
    workspace = made.open()
    for key in made.rows("harmonized"):
        scene = workspace.photo("scenes", key)
        result = workspace.store.picture("harmonized", key)
        matte = workspace.store.picture("composites", key, ".mask.png")
        shadow = workspace.store.picture("composites", key, ".shadow.png")
        assert result.shape == scene.shape
        clear = (matte == 0) & (shadow == 0)
        assert np.array_equal(result[clear], scene[clear])
        composite = workspace.store.picture("composites", key)
        assert np.array_equal(result[matte == 0], composite[matte == 0])
        assert (matte > 0).any()


def test_the_library_records_where_photos_cut_their_objects(made):
    """The astronaut's photo ends at her waist."""
    stickers = read_library(made.open().store).stickers
    astronaut = next(each for each in stickers if each.sticker.startswith("people"))
    assert astronaut.touches_bottom and astronaut.placeable
    assert all(0 < each.lab[0] < 100 for each in stickers)


def test_a_row_records_what_the_artifact_was_made_from(made):
    row = next(iter(made.rows("composites").values()))
    assert {each.asset for each in row.inputs} == {"scene_photos", "placements", "stickers"}
    magenta = next(iter(made.rows("stylized_magenta").values()))
    assert len(magenta.models["magenta"]) == 64
    assert '"strength": 1.0' in magenta.settings


def test_a_second_update_makes_no_run(collection):
    assert collection.update() == []


def test_a_changed_object_photo_remakes_exactly_its_descendants(collection):
    key = next(k for k in collection.rows("stickers") if k.startswith("cat"))
    users = {
        scene
        for scene, row in collection.rows("composites").items()
        if any(each.asset == "stickers" and each.key == key for each in row.inputs)
    }
    considering = {
        scene
        for scene, row in collection.rows("placements").items()
        if any(each.asset == "stickers" and each.key == key for each in row.inputs)
    }
    photo = collection.root / "objects/cat.jpg"
    photo.write_bytes(photo.read_bytes() + b"\0")  # the same picture, other bytes
    made = _made_by(collection, collection.update())
    assert {k for asset, k in made if asset in ("object_photos", "stickers")} == {key}
    assert {k for asset, k in made if asset == "placements"} == considering
    assert {k for asset, k in made if asset == "harmonized"} <= users


def test_a_new_scene_touches_no_other_scene(collection, made):
    new = collection.root / "scenes/again.jpg"
    new.write_bytes((collection.root / "scenes/temple.jpg").read_bytes())
    key = next(iter(k for _, k in _made_by(collection, collection.update()) if "again" in k))
    assert _keys(collection, "harmonized") == _keys(made, "harmonized") | {key}
    before, after = made.rows("harmonized"), collection.rows("harmonized")
    assert all(after[k] == before[k] for k in before)


def test_a_lost_file_is_made_again_with_the_same_bytes(collection):
    key, row = next(iter(collection.rows("harmonized").items()))
    (collection.root / row.path).unlink()
    made = _made_by(collection, collection.update())
    assert made == {("harmonized", key)}
    assert collection.rows("harmonized")[key].digest == row.digest


def test_a_changed_setting_remakes_only_what_depends_on_it(collection):
    settings = collection.root / "nst.toml"
    settings.write_text(settings.read_text() + "[harmonize]\nmethod = 'untouched'\n")
    made = _made_by(collection, collection.update())
    assert {asset for asset, _ in made} == {"harmonized", "dataset", "gallery"}
    workspace = collection.open()
    for key in collection.rows("harmonized"):
        untouched = workspace.store.picture("composites", key)
        assert np.array_equal(workspace.store.picture("harmonized", key), untouched)


def test_vgg_makes_the_object_and_both_recipes_with_the_trunk_that_is_installed(
    collection, monkeypatch, tmp_path
):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))  # no ImageNet weights of VGG19
    pictures = '["object", "left", "right"]'
    settings = f"[vgg19]\nside = 48\nsteps = 3\npictures = {pictures}\n"
    settings += "[harmonize]\nmethod = 'vgg19'\n"
    (collection.root / "nst.toml").write_text(SMALL + settings)
    collection.update()
    store = collection.open().store
    assert len(collection.rows("stylized_vgg19")) == 3
    for key, row in collection.rows("stylized_vgg19").items():
        assert row.status == "ok", row.error
        assert (row.figures["network"], len(row.models["vgg16-edges"])) == ("vgg16-edges", 64)
        record = store.record(OptimizedRecord, "stylized_vgg19", key)
        assert record.network == "vgg16-edges"
        assert set(record.losses) == {"object", "left", "right"}
        for name, losses in record.losses.items():
            assert losses[-1] < losses[0], name
        result, before = (store.picture(asset, key) for asset in ("stylized_vgg19", "composites"))
        matte = store.picture("composites", key, ".mask.png")
        assert (result != before).any()
        assert np.array_equal(result[matte == 0], before[matte == 0])
        for recipe in ("left", "right"):
            content = store.picture("model_inputs", key, f".{recipe}.content.png")
            painted = store.picture("stylized_vgg19", key, f".{recipe}.png")
            assert painted.shape == content.shape
            assert (painted != content).any()
        assert store.record(HarmonizedRecord, "harmonized", key).chosen == "vgg19"
        assert "vgg16-edges" in collection.rows("harmonized")[key].models
        page = (collection.root / f"artifacts/gallery/scenes/{key}.html").read_text("utf-8")
        assert "VGG optimization, recipe left (vgg16-edges)" in page


def test_a_setting_that_cannot_be_used_fails_the_run_and_is_named(collection):
    settings = collection.root / "nst.toml"
    settings.write_text(SETTINGS.replace("[recipes]", "[recipes]\nstyle = 'nowhere.jpg'"))
    (failed,) = [run for run in collection.update() if not run.success]
    assert failed.phase == "scenes"
    assert failed.error.startswith("setting recipes.style: nowhere.jpg cannot be read")


def test_the_candidate_vgg19_needs_the_object_among_its_pictures(collection):
    settings = collection.root / "nst.toml"
    settings.write_text(settings.read_text() + "[harmonize]\nmethod = 'vgg19'\n")
    (failed,) = [run for run in collection.update() if not run.success]
    assert failed.error.endswith("vgg19.pictures lacks the object: add `object` to it")
