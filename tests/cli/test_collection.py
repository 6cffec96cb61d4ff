"""Commands on an empty collection: samples, models, status."""

import json


def test_samples_are_written_once(nst, tmp_path):
    assert nst("samples").returncode == 0
    assert len(list((tmp_path / "data/scenes").iterdir())) >= 4
    assert json.loads(nst("samples", "--json").stdout) == {"written": []}


def test_models_says_what_is_missing_and_how_to_get_it(nst):
    found = {each["name"]: each for each in json.loads(nst("models", "--json").stdout)}
    assert set(found) == {"magenta", "vgg19"}
    assert all(each["available"] or each["remedy"] for each in found.values())


def test_status_of_an_empty_collection_counts_nothing(nst, tmp_path):
    (tmp_path / "data").mkdir()
    done = nst("status", "--json")
    assert done.returncode == 0, done.stderr
    status = json.loads(done.stdout)
    assert {each["ok"] for each in status["assets"]} == {0}
    assert status["failed"] == status["unreadable"] == []
