"""Walking the graph."""

from nst_pipeline.pipeline.engine.node import Node, with_ancestors


def test_ancestors_come_first_and_only_once():
    photos = Node(name="photos", inbox="scenes")
    masks = Node(name="masks", inbox="scenes", upstream=(photos,))
    pasted = Node(name="pasted", inbox="scenes", upstream=(photos, masks))
    assert list(with_ancestors([pasted, masks])) == [photos, masks, pasted]
