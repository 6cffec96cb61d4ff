"""Commands on an empty collection: samples, models, status."""

import hashlib
import json
import re
import signal
import subprocess
import sys
import urllib.request
from dataclasses import replace
from pathlib import Path

import pytest

from nst_pipeline.style.weights.download import RemoteFile
from nst_pipeline.style.zoo.table import ZOO, ZooModel
from nst_pipeline.vision.images.png import encode_png
from tests.storage.annotation_files.write_exports import EXPORTS, picture
from tests.style.weights.server import serving


def test_samples_are_written_once(nst, tmp_path):
    assert nst("samples").returncode == 0
    assert len(list((tmp_path / "data/scenes").iterdir())) >= 4
    assert json.loads(nst("samples", "--json").stdout) == {"written": []}


def test_models_says_what_is_missing_and_how_to_get_it(nst):
    found = {each["name"]: each for each in json.loads(nst("models", "--json").stdout)}
    assert {"magenta", "isnet"} <= set(found)
    assert found.keys() & {"vgg19", "vgg16-edges"}
    assert all(each["available"] or each["remedy"] for each in found.values())


def test_models_lists_stronger_ones_with_size_and_license(nst):
    listed = nst("models").stdout
    assert "isnet" in listed and "179 MB" in listed and "Apache-2.0" in listed


@pytest.fixture
def eye(tmp_path, monkeypatch):
    """A model of the zoo that is a file with the bytes `sees`; its server does not answer."""
    monkeypatch.setenv("NST_MODELS", str(tmp_path / "models"))
    digest = hashlib.sha256(b"sees").hexdigest()
    file = RemoteFile("http://127.0.0.1:9/eye.onnx", digest, 4)
    model = ZooModel("eye", "sees", "cutout.network", "MIT", "", (file,))
    monkeypatch.setitem(ZOO, "eye", model)
    return model


def test_a_model_is_taken_from_a_file_without_a_network(nst, eye, tmp_path):
    (tmp_path / "mine.onnx").write_bytes(b"sees")
    done = nst("models", "--get", "eye", "--from", tmp_path / "mine.onnx")
    assert done.returncode == 0 and "set cutout.network to eye" in done.stdout
    again = json.loads(nst("models", "--get", "eye", "--json").stdout)
    assert again["available"] and again["digest"] == eye.files[0].sha256


def test_a_model_is_downloaded_once(nst, eye, monkeypatch):
    with serving(b"sees") as server:
        file = replace(eye.files[0], url=server.url)
        monkeypatch.setitem(ZOO, "eye", replace(eye, files=(file,)))
        for _ in range(2):
            done = nst("models", "--get", "eye")
            assert done.returncode == 0, done.stderr
            assert "set cutout.network to eye" in done.stdout
    assert server.starts == [0]


def test_getting_a_model_without_a_network_is_one_line_with_the_remedy(nst, eye):
    failed = nst("models", "--get", "eye")
    assert failed.returncode == 1
    assert "go online" in failed.stderr and "--get eye --from FILE" in failed.stderr
    assert "\n" not in failed.stderr.strip()


def test_another_file_than_the_model_is_refused(nst, eye, tmp_path):
    (tmp_path / "mine.onnx").write_bytes(b"lies")
    failed = nst("models", "--get", "eye", "--from", tmp_path / "mine.onnx")
    assert failed.returncode == 1 and "sha256 differs" in failed.stderr


def test_a_file_without_the_name_of_a_model_is_refused(nst, tmp_path):
    failed = nst("models", "--from", tmp_path / "mine.onnx")
    assert failed.returncode == 1 and "--get NAME" in failed.stderr


def test_status_of_an_empty_collection_counts_nothing(nst, tmp_path):
    (tmp_path / "data").mkdir()
    done = nst("status", "--json")
    assert done.returncode == 0, done.stderr
    status = json.loads(done.stdout)
    assert {each["ok"] for each in status["assets"]} == {0}
    assert status["failed"] == status["unreadable"] == []


def test_annotations_of_other_tools_are_imported_beside_their_photos(nst, home):
    folder = home / "data/objects/photos"
    folder.mkdir(parents=True)
    (folder / "cup.png").write_bytes(encode_png(picture()))
    imported = nst("import", EXPORTS / "cvat.xml", "--json")
    assert imported.returncode == 0, imported.stderr
    (row,) = json.loads(imported.stdout)["imported"]
    assert row == {"photo": "photos/cup.png", "objects": 3, "file": "cup.coco.json"}
    # Label Studio knows the photo's name only, with digits before it.
    again = nst("import", EXPORTS / "label_studio.json")
    assert "Imported" in again.stdout
    assert sorted(each.name for each in folder.iterdir()) == [
        "cup.coco.json",
        "cup.coco.json.bak",
        "cup.png",
    ]
    (folder / "cup.png").rename(folder / "mug.png")
    lost = nst("import", EXPORTS)
    assert lost.returncode == 1
    assert "is a photo in" in lost.stderr


def test_review_serves_its_page_until_it_is_interrupted(nst, home):
    assert "is not a folder" in nst("review").stderr
    (home / "data").mkdir()
    command = [str(Path(sys.executable).with_name("nst")), "review", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", line)[0]
        with urllib.request.urlopen(address) as answer:
            assert b"<title>Review</title>" in answer.read()
        taken = nst("review", "--port", address.rstrip("/").rpartition(":")[2])
        assert "choose another with --port" in taken.stderr
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
