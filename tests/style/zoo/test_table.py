import re
from pathlib import Path

from nst_pipeline.style.zoo.table import ZOO


def test_names_are_words_that_no_path_looks_like():
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in ZOO)


def test_each_file_has_a_secure_address_a_digest_and_a_size():
    for file in (file for model in ZOO.values() for file in model.files):
        assert file.url.startswith("https://")
        assert file.name.endswith(".onnx")
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
        assert file.size_bytes > 1_000_000


def test_no_address_follows_a_branch():
    """A branch moves, and the digest would then be wrong; releases and commits stay."""
    for file in (file for model in ZOO.values() for file in model.files):
        assert re.search(r"/releases/download/|/[0-9a-f]{40}/", file.url), file.url


def test_each_digest_is_listed_once():
    digests = [file.sha256 for model in ZOO.values() for file in model.files]
    assert len(set(digests)) == len(digests)


def test_a_license_is_an_spdx_name():
    assert {model.license for model in ZOO.values()} <= {"Apache-2.0", "MIT", "MPL-2.0"}


def test_every_model_has_its_card():
    page = (Path(__file__).parents[3] / "docs/models.md").read_text("utf-8")
    cards = re.findall(r"^\| `([a-z0-9-]+)` \|.*\| ([\w.-]+) \| (\d+) MB \|$", page, re.MULTILINE)
    assert set(cards) == {
        (model.name, model.license, f"{model.size_bytes / 1e6:.0f}") for model in ZOO.values()
    }
    origins = page.partition("| name | sha256 |")[2].partition("**What")[0]
    assert set(re.findall(r"`([a-z0-9-]+)`", origins)) == set(ZOO)
