"""Every command that README.md shows works in a clean clone, in the order of the page.

Each runs as it stands there. As for a reader, one builds on the other: run the whole file.
"""

import re
import socket
import time
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
import pytest

from nst_pipeline.pipeline.steps import ASSETS
from tests.docs.clone import ROOT, Clone
from tests.docs.shown_commands import Shown, shown_in

HERE = "tests/docs/test_readme.py"
README = (ROOT / "README.md").read_text("utf-8")
SHOWN = shown_in(README)
PROGRAM_OF = {"sh": "bash -e", "python": "python -", "toml": ""}
GIVEN = {"COMMAND": "samples", "DIR": "out/given", "MASKS": "out/masks", "PHOTOS": "out/photos"}
"""What stands in place of the words that are the reader's own."""
GALLERY = "data/artifacts/gallery/index.html"
START_SECONDS = 120


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout: there is nothing to clone")
    return Clone(tmp_path_factory.mktemp("readme"))


def _counts(printed: str) -> dict[str, list[int]]:
    """Read the table of `nst run`: ok, empty, failed, and made now, by asset."""
    rows = re.findall(r"^│ (\w+) +│ (\d+) +│ (\d+) +│ (\d+) +│ (\d+) +│", printed, re.MULTILINE)
    return {asset: [int(each) for each in numbers] for asset, *numbers in rows}


def _made_now(printed: str) -> dict[str, int]:
    return {asset: numbers[-1] for asset, numbers in _counts(printed).items()}


def _write_photo(photo: Path, to: Path, *, left_out: int, scale: float = 1) -> np.ndarray:
    """Write a photo without some columns at its left, which makes it another one."""
    crop = cv2.resize(cv2.imread(str(photo))[:, left_out:], None, fx=scale, fy=scale)
    to.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(to), crop)
    return crop


def _two_free_ports() -> int:
    """Return the first of two ports in a row."""
    while True:
        with socket.socket() as first, socket.socket() as second, suppress(OSError, OverflowError):
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            second.bind(("127.0.0.1", port + 1))
            return port


def _wait_for(find: Callable[[], str], log: Path) -> str:
    """Return what is found once a server answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(OSError):
            if found := find():
                return found
        time.sleep(0.2)
    pytest.fail(f"the server did not start:\n{log.read_text()[-3000:]}")


def _page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return str(answer.read().decode())


def _run(clone: Clone, shown: Shown) -> None:
    """Run a command as it stands there; it writes the files that it names."""
    text, started = shown.text, time.time()
    for word in shown.own_words:
        text = re.sub(rf"\b{word}\b", GIVEN[word], text)
    clone.run(text, program=PROGRAM_OF[shown.language])
    for named in re.findall(r'(?:--out |\.save\("|also writes )([\w./-]+)', text):
        path = clone.folder / named
        files = list(path.iterdir()) if path.is_dir() else [path]
        assert max(each.stat().st_mtime for each in files) > started - 1, f"{named} is not written"


def _run_demo_twice(clone: Clone, shown: Shown) -> None:
    printed = clone.run(shown.text)
    counts = _counts(printed)
    assert counts.keys() == {asset.name for asset in ASSETS}
    assert [name for name, (ok, _, failed, _) in counts.items() if failed or not ok] == []
    assert f"Gallery: {clone.folder / GALLERY}\n" in printed and (clone.folder / GALLERY).is_file()
    again = clone.run(shown.text)
    assert "nothing was made" in again and set(_made_now(again).values()) == {0}


def _open_ui(clone: Clone, shown: Shown) -> None:
    port = _two_free_ports()
    with clone.serving(f"{shown.name} PORT={port}") as log:
        gallery = f"http://127.0.0.1:{port + 1}/gallery/index.html"
        assert "<html" in _wait_for(lambda: _page(gallery), log)
        assert "Dagster" in _wait_for(lambda: _page(f"http://127.0.0.1:{port}"), log)


def _run_with_own_photos(clone: Clone, shown: Shown) -> None:
    data = clone.folder / "data"
    _write_photo(data / "objects/flower.jpg", data / "objects/mine.png", left_out=8)
    _write_photo(data / "scenes/pavement.png", data / "scenes/my yard.png", left_out=8)
    made = _made_now(clone.run(shown.text))
    assert {made[asset.name] for asset in ASSETS if asset.inbox} == {1}


def _open_gallery(clone: Clone, shown: Shown) -> None:
    # The clone's browser is `echo`.
    assert f"{(clone.folder / GALLERY).as_uri()}\n" in clone.run(shown.text)


def _open_review(clone: Clone, shown: Shown) -> None:
    with clone.serving(f"{shown.name} --port 0") as log:
        found = _wait_for(lambda: "".join(re.findall(r"Review at (\S+)", log.read_text())), log)
        assert "<html" in _page(found)


def _calibrate(clone: Clone, shown: Shown) -> None:
    """Learn from the fewest photos, small ones of a cup, that are enough."""
    photos, masks = (clone.folder / GIVEN[word] for word in ("PHOTOS", "MASKS"))
    masks.mkdir()
    cup = clone.folder / "data/objects/coffee.png"
    for number in range(20):
        photo = _write_photo(cup, photos / f"{number}.png", left_out=3 * number, scale=1 / 3)
        mask = np.zeros(photo.shape[:2], np.uint8)
        cv2.ellipse(mask, (93 - number, 67), (66, 62), 0, 0, 360, 255, -1)
        cv2.imwrite(str(masks / f"{number}.png"), mask)
    _run(clone, shown)


def _run_with_settings(clone: Clone, shown: Shown) -> None:
    (clone.folder / "data/nst.toml").write_text(shown.text)
    made = _made_now(clone.run("nst run"))
    assert made["composites"] and made["harmonized"]
    assert not made["stickers"] and not made["scene_photos"]


def _run_with_a_setting(clone: Clone, shown: Shown) -> None:
    made = _made_now(clone.run(shown.text))
    assert not made["stickers"] and not made["scene_photos"]


def _find_the_folder_for_vgg19(clone: Clone, shown: Shown) -> None:
    printed = clone.run(f"NST_VGG19__NETWORK=vgg19 {shown.text}")
    assert ".keras/models" in "".join(re.split(r"[│\s]+", printed))


def _see_what_it_would_run(clone: Clone, shown: Shown) -> None:
    """Checks and tests do not run within themselves."""
    assert clone.run(shown.text.replace("make", "make --dry-run", 1))


HOW: Mapping[str, Callable[[Clone, Shown], None]] = {
    "make demo": _run_demo_twice,
    "make dev": _open_ui,
    "nst run": _run_with_own_photos,
    "nst open": _open_gallery,
    "nst review": _open_review,
    "nst calibrate": _calibrate,
    "toml": _run_with_settings,
    "NST_PLACEMENT__SEED=7 nst run": _run_with_a_setting,
    "nst models": _find_the_folder_for_vgg19,
    "make check": _see_what_it_would_run,
    "make test": _see_what_it_would_run,
}
"""How to run what begins so; everything else is run as it stands there."""


def test_commands_are_found_in_text_and_in_blocks():
    text = "Try `nst status` or `make\nhelp`. `nst compose` has options, `light` is a word.\n"
    block = "```sh\nNST_X=7 .venv/bin/nst run \\\n    --json   # slow\nnst export DIR\n```\n"
    found = {each.name: each.own_words for each in shown_in(text + block + text)}
    assert [*found] == ["nst status", "make help", "NST_X=7 nst run --json", "nst export DIR"]
    assert found["nst export DIR"] == {"DIR"}


def test_it_is_known_how_to_run_all_that_the_readme_shows():
    languages = {each.language for each in SHOWN} - PROGRAM_OF.keys()
    assert not languages, f"say in PROGRAM_OF of {HERE} what runs a block of {languages}"
    words = {word for each in SHOWN for word in each.own_words} - GIVEN.keys()
    assert not words, f"say in GIVEN of {HERE} what stands for {words}"
    unused = [start for start in HOW if not any(each.name.startswith(start) for each in SHOWN)]
    assert not unused, f"README.md shows no {unused}: remove it from HOW of {HERE}"


@pytest.mark.slow
@pytest.mark.parametrize("shown", SHOWN, ids=lambda shown: shown.name)
def test_a_command_of_the_readme_works(clone, shown):
    how = next((HOW[start] for start in HOW if shown.name.startswith(start)), _run)
    how(clone, shown)


@pytest.mark.slow
def test_git_ignores_all_that_the_commands_write(clone):
    written = clone.run("git status --porcelain").splitlines()
    assert [line for line in written if line.startswith("??")] == []
