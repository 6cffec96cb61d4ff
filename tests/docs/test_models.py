"""Every file with learned weights has a card that describes this very file."""

import hashlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CARDS = (ROOT / "docs/models.md").read_text("utf-8").split("\n## ")
WEIGHTS = sorted(
    path
    for suffix in ("npz", "npy", "onnx", "h5", "keras", "pb", "tflite", "safetensors", "pt", "pth")
    for path in (ROOT / "nst_pipeline").rglob(f"*.{suffix}")
)


@pytest.mark.parametrize("path", WEIGHTS, ids=lambda path: path.name)
def test_a_weights_file_has_a_card_with_its_size_and_digest(path: Path):
    name, data = path.relative_to(ROOT).as_posix(), path.read_bytes()
    card = next((card for card in CARDS if f"`{name}`" in card), "")
    assert card, f"docs/models.md has no card of {name}"
    assert f"{len(data):,} bytes" in card
    assert hashlib.sha256(data).hexdigest() in card
    for row in ("source", "license", "data", "figures"):
        assert f"\n| {row} | " in card, f"the card of {name} says nothing of its {row}"


def test_the_package_ships_weights():
    assert {path.name for path in WEIGHTS} >= {"builtin.npz"}
