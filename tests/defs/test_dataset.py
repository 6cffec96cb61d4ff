"""The published dataset of a collection."""

import json
import shutil

import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

from nst_pipeline.cli.app import app
from nst_pipeline.publish.splits import split_of


@pytest.fixture(scope="module")
def annotated_once(made, tmp_path_factory):
    collection = made.copy(tmp_path_factory.mktemp("annotated"))
    scenes = collection.root / "scenes"
    coco = {
        "images": [{"id": 7, "file_name": "temple.jpg"}],
        "categories": [{"id": 1, "name": "roof"}, {"id": 2, "name": "tourist"}],
        "annotations": [
            {
                "id": 1,
                "image_id": 7,
                "category_id": 1,
                "bbox": [20, 20, 60, 30],
                "segmentation": [[20, 20, 80, 20, 80, 50, 20, 50]],
                "iscrowd": 0,
            },
            {"id": 2, "image_id": 7, "category_id": 2, "bbox": [5, 180, 40, 20], "iscrowd": 1},
        ],
    }
    (scenes / "temple.coco.json").write_text(json.dumps(coco))
    (scenes / "temple.placements.json").write_text(
        '[{"sticker": "cat.jpg", "x": 50, "y": -60, "width": 160, "height": 160}]'
    )
    (scenes / "LICENSE.txt").write_text("CC BY 2.0\n")
    collection.update()
    return collection


@pytest.fixture
def annotated(annotated_once, copy_of):
    """A scene with annotations of its own, and a license for each inbox."""
    return copy_of(annotated_once)


def _rows(collection) -> pd.DataFrame:
    return pd.read_parquet(collection.root / "artifacts/dataset/annotations.parquet")


def test_annotations_of_a_scene_photo_are_in_the_dataset(annotated):
    rows = _rows(annotated)
    seen = rows[rows.source == "scene"].set_index("label")
    assert set(seen.index) == {"roof", "tourist"}
    assert list(seen.loc["roof"].full_bbox) == [20, 20, 60, 30]
    assert seen.loc["roof"].visible < 1
    assert list(seen.loc["tourist"].bbox) == [5, 180, 40, 20]
    assert (seen.loc["tourist"].iscrowd, seen.loc["roof"].iscrowd) == (1, 0)


def test_a_new_license_remakes_the_dataset_but_no_picture(annotated):
    assert set(_rows(annotated).license) == {"CC BY 2.0"}
    pictures = {key: row.made_at for key, row in annotated.rows("harmonized").items()}
    (annotated.root / "objects/LICENSE.txt").write_text("CC0-1.0\n")
    annotated.update()
    rows = _rows(annotated)
    assert set(rows[rows.source == "sticker"].object_license) == {"CC0-1.0"}
    assert rows[rows.source == "scene"].object_license.isna().all()
    assert {key: row.made_at for key, row in annotated.rows("harmonized").items()} == pictures


def test_a_composite_is_on_the_common_side_of_its_photos(made):
    rows = _rows(made)
    for _, objects in rows.groupby("scene"):
        first = objects.iloc[0]
        photos = {first.scene_digest, *objects.object_digest} - {""}
        assert first.split == split_of(photos)


def _export(*arguments: object) -> dict:
    """Run `nst export --json`; return what it printed."""
    done = CliRunner().invoke(app, ["export", *map(str, arguments), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def _composites(printed: dict) -> int:
    return sum(part["composites"] for part in printed["pictures"].values())


def test_the_command_line_exports_and_reports(collection, tmp_path):
    """`nst export` twice, and `nst report`, as a person types them."""
    folder = tmp_path / "yolo"
    printed = _export(folder, "--all")
    assert printed["written"] == len([path for path in folder.rglob("[!.]*") if path.is_file()])
    assert _composites(printed) == len(set(_rows(collection).scene))
    again = _export(folder, "--all")
    assert (again["written"], again["kept"]) == (0, printed["written"])
    assert json.loads(CliRunner().invoke(app, ["report", "--json"]).stdout) == {"report": None}
    since = CliRunner().invoke(app, ["report", "--since", "2020-01-01", "--json"])
    assert json.loads(since.stdout)["report"].endswith(".html")


def test_an_export_leaves_out_what_is_not_natural_enough(collection, tmp_path):
    rows = _rows(collection)
    least = float(rows.naturalness.max())
    printed = _export(tmp_path / "out", "--all", "--min-naturalness", least)
    natural = rows[rows.naturalness >= least].drop_duplicates("image_id")
    assert _composites(printed) == len(natural) < len(rows)
    refused = CliRunner().invoke(app, ["export", str(tmp_path / "none"), "--min-naturalness", "1"])
    assert refused.exit_code != 0


def test_an_export_without_pictures_to_validate_with_is_refused(collection, tmp_path):
    run = CliRunner().invoke(app, ["export", str(tmp_path / "out")])
    assert run.exit_code == 1
    assert "would be empty" in str(run.exception) and "--split 80/10/10" in str(run.exception)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", ["yolo", "coco", "voc", "huggingface", "webdataset"])
def test_a_split_export_always_validates(collection, tmp_path, kind):
    """By photos, with scenes without objects, in every format; exporting again writes nothing."""
    given = (tmp_path / kind, "--format", kind, "--split", "50/50", "--negatives", "0.5")
    printed = _export(*given)
    assert all(part["composites"] for part in printed["pictures"].values())
    assert sum(part["negatives"] for part in printed["pictures"].values()) > 0
    assert _composites(printed) == len(set(_rows(collection).scene)) and not printed["left out"]
    assert _export(*given)["written"] == 0


def test_an_annotated_scene_is_no_picture_without_objects(annotated, tmp_path):
    _export(tmp_path / "out", "--all", "--negatives", "0.9")
    negatives = {path.stem for path in (tmp_path / "out/images/train").glob("*-scene.png")}
    assert negatives and not any(name.startswith("temple") for name in negatives)


@pytest.fixture(scope="module")
def person_seen_once(made, tmp_path_factory):
    collection = made.copy(tmp_path_factory.mktemp("person"))
    shutil.copy(collection.root / "objects/people/astronaut.jpg", collection.root / "scenes")
    (collection.root / "scenes/astronaut.placements.json").write_text(
        '[{"sticker": "astronaut.jpg", "x": 5, "y": 5, "width": 100, "height": 100}]'
    )
    with (collection.root / "nst.toml").open("a") as settings:
        settings.write("\n[scenes]\nvariants = 2\n")
    collection.update()
    return collection


@pytest.fixture
def person_seen(person_seen_once, copy_of):
    """A scene that shows a person, and gets another whose cut the middle of the scene shows."""
    return copy_of(person_seen_once)


def test_a_thing_of_the_labels_that_nobody_annotated_is_told(person_seen, tmp_path):
    printed = _export(tmp_path / "out", "--all", "--negatives", 0.5)
    assert printed["unlabeled"] == {"person": 2}
    assert not list((tmp_path / "out").rglob("astronaut-*-scene.png"))


def test_own_placements_with_a_visible_cut_and_equal_variants_are_noted(person_seen):
    noted = CliRunner().invoke(app, ["status", "--json"])
    notes = [note for asset, _, note in json.loads(noted.output)["notes"] if asset == "placements"]
    assert any("people/astronaut.jpg is cut off at its bottom" in note for note in notes)
    assert sum("this variant equals the first" in note for note in notes) == 1


def test_labels_keep_their_numbers_when_a_folder_is_exported_again(collection, tmp_path):
    folder, given = tmp_path / "out", tmp_path / "labels.txt"
    names = sorted(set(_rows(collection).label))
    given.write_text("\n".join(["zebra", names[-1]]))
    _export(folder, "--all", "--labels", given)
    numbers = json.loads((folder / "categories.json").read_text())
    assert numbers == ["zebra", names[-1], *names[:-1]]
    assert _export(folder, "--all")["written"] == 0
    described = yaml.safe_load((folder / "data.yaml").read_text())
    assert [*described["names"].values()] == numbers
    given.write_text("cat\ncat\n")
    refused = CliRunner().invoke(app, ["export", str(folder), "--all", "--labels", str(given)])
    assert refused.exit_code == 1 and "names the label 'cat' twice" in str(refused.exception)
