"""Walking the graph."""

from nst_pipeline.pipeline.engine.node import Node, with_ancestors


def test_ancestors_come_first_and_once():
    photos = Node(name="photos", collection="scenes")
    masks = Node(name="masks", collection="scenes", upstream=(photos,))
    pasted = Node(name="pasted", collection="scenes", upstream=(photos, masks))
    assert list(with_ancestors([pasted, masks])) == [photos, masks, pasted]
