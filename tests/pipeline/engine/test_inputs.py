"""The inputs of artifacts, as the catalog and the inboxes give them."""

import pytest
from skimage import data
from upath import UPath

from nst_pipeline.pipeline.engine.inputs import from_collection, from_inbox, from_same_key
from nst_pipeline.pipeline.engine.node import Node
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.storage.catalog import Input, Row
from nst_pipeline.storage.keys import ALL
from nst_pipeline.vision.images.codecs import encode_jpeg

PHOTOS = Node(name="photos", collection="scenes")
LIBRARY = Node(name="library", collection=None)
PASTED = Node(name="pasted", collection="scenes", upstream=(PHOTOS, LIBRARY))
PAGE = Node(name="page", collection=None, upstream=(PASTED,))


@pytest.fixture
def workspace(tmp_path):
    """Two scenes, `cat` and `dog`, in an inbox that was scanned."""
    (tmp_path / "scenes").mkdir()
    for number, name in enumerate(("cat", "dog")):
        photo = data.chelsea()[: 100 + number, :100]
        (tmp_path / f"scenes/{name}.jpg").write_bytes(encode_jpeg(photo))
    opened = open_workspace(UPath(tmp_path))
    opened.rescan("scenes")
    return opened


def keys(workspace) -> list[str]:
    return sorted(workspace.index("scenes").photos)


def made(workspace, node: Node, key: str, status="ok", error="") -> None:
    row = Row(node.name, key, status, f"f {key}", digest=f"{node.name} {key}", error=error)
    workspace.catalog.append([row])


def test_an_artifact_takes_the_same_key_and_the_whole_collection(workspace):
    cat, _ = keys(workspace)
    made(workspace, PHOTOS, cat)
    made(workspace, LIBRARY, ALL)
    found = from_same_key(Snapshot(workspace), PASTED, PASTED.upstream)(cat)
    assert found == (
        Input("photos", cat, f"photos {cat}"),
        Input("library", ALL, "library all"),
    )


def test_what_is_missing_or_failed_is_the_reason_to_wait(workspace):
    cat, dog = keys(workspace)
    made(workspace, PHOTOS, cat)
    made(workspace, PHOTOS, dog, "failed", "it is broken")
    resolve = from_same_key(Snapshot(workspace), PASTED, PASTED.upstream)
    assert resolve(cat) == "library is not made yet"
    assert resolve(dog) == "photos failed: it is broken"


def test_a_photo_counts_by_its_content(workspace, tmp_path):
    cat, _ = keys(workspace)
    (before,) = from_inbox(Snapshot(workspace), PHOTOS)(cat)
    assert (before.asset, before.key) == ("scenes", "cat.jpg")
    (tmp_path / "scenes/cat.jpg").write_bytes(encode_jpeg(data.coffee()[:90, :90]))
    workspace.rescan("scenes")
    (after,) = from_inbox(Snapshot(workspace), PHOTOS)(cat)
    assert after.digest != before.digest


def test_a_photo_that_is_gone_is_the_reason_to_wait(workspace):
    reason = from_inbox(Snapshot(workspace), PHOTOS)("bird-12345678")
    assert isinstance(reason, str) and reason.startswith("no readable photo of this key")


def test_the_whole_collection_takes_what_is_good(workspace):
    cat, dog = keys(workspace)
    made(workspace, PASTED, cat)
    made(workspace, PASTED, dog, "empty", "no room")
    found = from_collection(Snapshot(workspace), PAGE)(ALL)
    assert found == (Input("pasted", cat, f"pasted {cat}"),)


def test_what_failed_before_it_is_not_taken(workspace):
    cat, dog = keys(workspace)
    for key in (cat, dog):
        made(workspace, PASTED, key)
    made(workspace, PHOTOS, dog, "failed", "it is broken")
    assert [each.key for each in from_collection(Snapshot(workspace), PAGE)(ALL)] == [cat]
