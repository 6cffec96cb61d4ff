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

PHOTOS = Node(name="photos", inbox="scenes")
LIBRARY = Node(name="library", inbox=None)
PASTED = Node(name="pasted", inbox="scenes", upstream=(PHOTOS, LIBRARY))
PAGE = Node(name="page", inbox=None, upstream=(PASTED,))


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


def test_inputs_are_artifacts_with_the_same_key_or_of_the_whole_collection(workspace):
    cat, _ = keys(workspace)
    made(workspace, PHOTOS, cat)
    made(workspace, LIBRARY, ALL)
    found = from_same_key(Snapshot(workspace), PASTED, PASTED.upstream)(cat)
    assert found == (
        Input("photos", cat, f"photos {cat}"),
        Input("library", ALL, "library all"),
    )


def test_an_artifact_waits_for_a_missing_or_failed_input(workspace):
    cat, dog = keys(workspace)
    made(workspace, PHOTOS, cat)
    made(workspace, PHOTOS, dog, "failed", "it is broken")
    resolve = from_same_key(Snapshot(workspace), PASTED, PASTED.upstream)
    assert resolve(cat) == "library is not made yet"
    assert resolve(dog) == "photos failed: it is broken"


def test_a_photo_is_an_input_by_its_content(workspace, tmp_path):
    cat, _ = keys(workspace)
    (before,) = from_inbox(Snapshot(workspace), PHOTOS)(cat)
    assert (before.asset, before.key) == ("scenes", "cat.jpg")
    (tmp_path / "scenes/cat.jpg").write_bytes(encode_jpeg(data.coffee()[:90, :90]))
    workspace.rescan("scenes")
    (after,) = from_inbox(Snapshot(workspace), PHOTOS)(cat)
    assert after.digest != before.digest


def test_an_artifact_waits_if_its_photo_is_gone(workspace):
    reason = from_inbox(Snapshot(workspace), PHOTOS)("bird-12345678")
    assert isinstance(reason, str) and reason.endswith("has no readable photo with this key")


def test_an_artifact_of_the_collection_uses_the_good_artifacts(workspace):
    cat, dog = keys(workspace)
    made(workspace, PASTED, cat)
    made(workspace, PASTED, dog, "empty", "no room")
    found = from_collection(Snapshot(workspace), PAGE)(ALL)
    assert found == (Input("pasted", cat, f"pasted {cat}"),)


def test_an_artifact_with_a_failure_upstream_is_not_used(workspace):
    cat, dog = keys(workspace)
    for key in (cat, dog):
        made(workspace, PASTED, key)
    made(workspace, PHOTOS, dog, "failed", "it is broken")
    assert [each.key for each in from_collection(Snapshot(workspace), PAGE)(ALL)] == [cat]
