"""Decisions of `nst review`, followed by real runs, and made in a browser."""

import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from threading import Thread

import cv2
import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect
from skimage import data
from upath import UPath

from nst_pipeline.defs.assets.checks import check_results
from nst_pipeline.defs.sensors import _state_digest
from nst_pipeline.errors import NstError
from nst_pipeline.pipeline.engine.batch import Outcome
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.steps.gallery import gallery
from nst_pipeline.pipeline.steps.reviewed import count_review, review_state
from nst_pipeline.pipeline.upkeep.verify import verify
from nst_pipeline.review.desk import Desk, OutdatedError
from nst_pipeline.review.server import serve
from nst_pipeline.storage.keys import ALL
from nst_pipeline.storage.records import Placements
from nst_pipeline.storage.review import REVIEW_FILE, SIZE_STEP
from nst_pipeline.vision.images.png import encode_png
from tests.browser import needs_browser
from tests.defs.conftest import Collection

SETTINGS = """
[placement]
cut_objects = true
same_split = false
min_plausibility = 0.0
min_sticker_px = 0
min_height_fraction = 0.05

[recipes]
left_side = 192
right_side = 128

[vgg19]
weights = "missing.h5"
"""
GROWN = ("objects/cat.jpg", "objects/people/astronaut.jpg")
"""Objects that an edge of their photo cuts, which leaves them little choice of a place."""


def cup() -> np.ndarray:
    """A cup with its own transparency, RGBA."""
    photo = data.coffee()
    alpha = np.zeros(photo.shape[:2], np.uint8)
    cv2.ellipse(alpha, (280, 200), (200, 185), 0, 0, 360, 255, -1, cv2.LINE_AA)
    return cv2.resize(np.dstack([photo, alpha]), (150, 100), interpolation=cv2.INTER_AREA)


@pytest.fixture(scope="module")
def free(made, tmp_path_factory) -> Collection:
    """A collection of three scenes with a result, and two stickers that fit at many places."""
    collection = made.copy(tmp_path_factory.mktemp("free"))
    for name in GROWN:
        (collection.root / name).unlink()
    for name in ("cup", "mug"):
        turned = cup() if name == "cup" else cup()[:, ::-1]
        (collection.root / f"objects/{name}.png").write_bytes(encode_png(turned.copy()))
    (collection.root / "objects/사진 1.jpg").unlink()
    (collection.root / "nst.toml").write_text(SETTINGS)
    collection.update()
    assert {row.status for row in collection.rows("harmonized").values()} == {"ok"}
    return collection


@pytest.fixture
def collection(free, copy_of) -> Collection:
    return copy_of(free)


@pytest.fixture
def desk(collection) -> Desk:
    return Desk(UPath(collection.root))


def key_of(collection: Collection, name: str) -> str:
    return next(key for key in collection.rows("harmonized") if key.startswith(name))


def decide(desk: Desk, key: str, kind: str) -> None:
    desk.decide(key, kind, desk.scene(key)["result"])


def placed(collection: Collection, key: str):
    return list(collection.open().store.record(Placements, "placements", key))


def state(collection: Collection, key: str):
    return review_state(Snapshot(collection.open()), key)


def in_dataset(collection: Collection) -> set[str]:
    return set(pd.read_parquet(collection.root / "artifacts/dataset/annotations.parquet").scene)


def made_at(collection: Collection, asset: str = "harmonized") -> dict:
    return {key: row.made_at for key, row in collection.rows(asset).items()}


def test_runs_follow_decisions_and_what_is_undone_comes_back(collection, desk):
    temple, rocket, flower = (key_of(collection, name) for name in ("temple", "a_b", "a-b"))
    first, made = {key: placed(collection, key) for key in (temple, rocket)}, made_at(collection)
    decide(desk, temple, "another place")
    decide(desk, rocket, "another sticker")
    decide(desk, flower, "rejected")
    assert {state(collection, key) for key in (temple, rocket)} == {"to be made anew"}
    collection.update()
    there, here = first[temple][0], placed(collection, temple)[0]
    assert here.sticker == there.sticker
    assert (here.box.x, here.box.y) != (there.box.x, there.box.y)
    assert placed(collection, rocket)[0].sticker != first[rocket][0].sticker
    # Only what was asked for is made anew, and what was rejected is kept, but in no dataset.
    assert {key for key, at in made_at(collection).items() if at != made[key]} == {temple, rocket}
    assert in_dataset(collection) == {temple, rocket}
    assert collection.rows("gallery")[ALL].figures["rejected"] == 1
    assert [state(collection, key) for key in (temple, rocket, flower)] == [
        "to review",
        "to review",
        "rejected",
    ]
    assert collection.update() == []
    assert not verify(collection.open())

    decide(desk, temple, "larger")
    decide(desk, temple, "larger")
    decide(desk, rocket, "another sticker")
    desk.undo(flower)
    collection.update()
    (larger,) = placed(collection, temple)
    assert (larger.sticker, larger.flip, larger.box.bottom) == (
        here.sticker,
        here.flip,
        here.box.bottom,
    )
    assert larger.box.height == pytest.approx(here.box.height * SIZE_STEP**2, abs=1)
    assert in_dataset(collection) == {temple, flower}
    assert state(collection, rocket) == "empty"
    assert "you turned down all stickers" in desk.scene(rocket)["empty"]

    while desk.undo():
        pass
    collection.update()
    assert {key: placed(collection, key) for key in (temple, rocket)} == first


def test_a_result_that_changes_for_another_reason_is_asked_again(collection, desk):
    temple, rocket = key_of(collection, "temple"), key_of(collection, "a_b")
    decide(desk, temple, "approved")
    decide(desk, rocket, "rejected")
    # Decisions alone make no scene anew.
    assert [run.phase for run in collection.update()] == ["publish"]
    with (collection.root / "nst.toml").open("a") as file:
        file.write("\n[harmonize]\nmethod = 'untouched'\n")
    collection.update()
    assert {state(collection, each) for each in (temple, rocket)} == {"to review"}
    assert desk.scene(temple)["decision"] == "approved"
    # Until it is decided again, nobody has taken the rejection back.
    assert rocket not in in_dataset(collection)


def test_the_check_and_the_sensor_see_decisions(collection, desk):
    def messages() -> list[str]:
        snapshot = Snapshot(collection.open())
        row = snapshot.rows(gallery)[ALL]
        (result,) = [*check_results(snapshot, gallery, Outcome({ALL: row}, {}, {}, {}))]
        found = result.metadata.get("images")
        return [record.data["complaint"] for record in found.records] if found else []

    assert messages() == []
    before = _state_digest(collection.open(), "photos")
    decide(desk, key_of(collection, "temple"), "approved")
    assert _state_digest(collection.open(), "photos") != before
    with (collection.root / REVIEW_FILE).open("ab") as file:
        file.write(b'{"scene": "tem')
    (message,) = messages()
    assert message.startswith("1 of 3 reviewed, 1 approved (100%)")
    assert "line 2 of review.jsonl" in message
    assert count_review(Snapshot(collection.open())).reviewed == 1


def test_a_decision_about_a_result_that_is_gone_is_refused(desk, collection):
    key = key_of(collection, "temple")
    with pytest.raises(OutdatedError, match="made anew meanwhile"):
        desk.decide(key, "approved", "0" * 64)
    assert not (collection.root / REVIEW_FILE).exists()


def test_an_empty_scene_is_listed_with_its_reason_and_gets_a_place_anyway(collection, desk):
    strict = SETTINGS.replace("min_plausibility = 0.0", "min_plausibility = 1.0")
    (collection.root / "nst.toml").write_text(strict)
    collection.update()
    temple, rocket = key_of(collection, "temple"), key_of(collection, "a_b")
    assert {each["state"] for each in desk.scenes()} == {"empty"}
    assert "placement.min_plausibility" in desk.scene(temple)["empty"]
    counts = desk.counts()
    assert (counts["results"], counts["to_review"], counts["empty"]) == (0, 0, 3)
    for kind in ("approved", "larger"):
        with pytest.raises(NstError, match="ask for another place"):
            decide(desk, temple, kind)
    decide(desk, temple, "another place")
    decide(desk, rocket, "another sticker")
    collection.update()
    assert (state(collection, temple), state(collection, rocket)) == ("to review", "empty")
    # Both stickers of the library were tried.
    assert "you turned down all stickers" in desk.scene(rocket)["empty"]
    assert len(placed(collection, temple)) == 1


# The app, in a browser


@pytest.fixture
def address(collection) -> Iterator[str]:
    """The app's address."""
    started: list[str] = []
    thread = Thread(target=serve, args=(UPath(collection.root), 0, started.append), daemon=True)
    thread.start()
    while not started:
        assert thread.is_alive()
    yield started[0]


@pytest.fixture
def page(browser, address) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Policy" in said.text else None)
    page.goto(address)
    expect(page.locator("#title")).not_to_be_empty()
    yield page
    context.close()
    assert errors == []


def request(url: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    body = b"{}" if method == "POST" else None
    made = urllib.request.Request(url, method=method, headers=headers, data=body)
    try:
        with urllib.request.urlopen(made) as answer:
            return answer.status, answer.headers["content-security-policy"]
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_app_answers_only_its_own_pages(address, collection):
    status, policy = request(address)
    assert (status, "script-src 'self';" in policy) == (200, True)
    assert request(address, host="evil.example")[0] == 403
    undo, own = f"{address}api/undo", address.rstrip("/")
    assert request(undo, "POST")[0] == 403
    assert request(undo, "POST", origin="https://evil.example")[0] == 403
    assert request(undo, "POST", origin="null")[0] == 403
    assert request(undo, "POST", origin=own)[0] == 200
    assert request(f"{address}static/../app.py")[0] == 404
    assert request(f"{address}pictures/harmonized/..%2F..%2Fnst.toml")[0] == 404
    assert request(f"{address}api/decisions", "POST", origin=own)[0] == 422
    assert not (collection.root / REVIEW_FILE).exists()


@needs_browser
def test_results_are_decided_by_keys_and_undone(page, collection):
    expect(page.locator("#counts")).to_have_text("0 of 3 reviewed")
    first = page.locator("#title").inner_text()
    page.keyboard.press("a")
    expect(page.locator("#title")).not_to_have_text(first)
    page.keyboard.press("r")
    expect(page.locator("#counts")).to_have_text(re.compile("^2 of 3 reviewed, 1 approved"))
    page.keyboard.press("u")
    expect(page.locator("#counts")).to_have_text(re.compile("^1 of 3 reviewed"))
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#title")).to_have_text(first)
    expect(page.locator("#state")).to_contain_text("Approved")
    page.keyboard.press("n")
    page.keyboard.type("nice light")
    page.keyboard.press("Enter")
    expect(page.locator("#note")).not_to_be_focused()
    expect(page.locator("#problem")).to_be_hidden()
    desk = Desk(UPath(collection.root))
    approved = [each["key"] for each in desk.scenes() if each["state"] == "approved"]
    assert [desk.scene(key)["note"] for key in approved] == ["nice light"]


@needs_browser
def test_another_place_is_asked_for_made_and_shown(page, collection):
    title, picture = page.locator("#title"), page.locator("#picture")
    name, first = title.inner_text(), picture.get_attribute("src")
    page.keyboard.press("p")
    expect(page.locator("#counts")).to_contain_text("1 to be made anew")
    page.keyboard.press("a")
    page.keyboard.press("a")
    expect(page.locator("#end")).to_contain_text("run nst run, and go on here")
    collection.update()
    # The page notices the new result by itself.
    expect(title).to_have_text(name, timeout=10_000)
    expect(page.locator("#state")).to_contain_text("You asked for: another place")
    assert picture.get_attribute("src") != first
    page.keyboard.press("a")
    expect(page.locator("#end")).to_have_text("All results are reviewed.")
    expect(page.locator("#counts")).to_contain_text("3 of 3 reviewed, 3 approved (100%)")


@needs_browser
def test_the_next_picture_is_there_before_it_is_asked_for(page):
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda made: asked.append(made.url) if "v=" in made.url else None)
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.getElementById('picture').complete")
    assert asked == []


@needs_browser
def test_a_decision_that_cannot_be_kept_comes_back(browser, collection):
    """The app has been stopped. What fails because of that does not hide what was not kept."""
    script = "from nst_pipeline.cli import run_script; run_script()"
    command = [sys.executable, "-c", script, "review", "--port", "0"]
    page = browser.new_page()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as app:
        page.goto(re.search(r"http://\S+", app.stdout.readline())[0])
        expect(page.locator("#about")).not_to_be_empty()
        name = page.locator("#title").inner_text()
        app.send_signal(signal.SIGINT)
    with page.expect_event("requestfailed", lambda request: "api/scenes/" in request.url):
        page.keyboard.press("a")
    page.evaluate("fetch('api/version').catch(() => undefined)")  # and what came before it
    expect(page.locator("#problem")).to_contain_text("Not kept: the app does not answer")
    expect(page.locator("#title")).to_have_text(name)
    page.close()
    assert not (collection.root / REVIEW_FILE).exists()


@needs_browser
def test_empty_scenes_are_listed_apart_and_say_why(page, collection):
    strict = SETTINGS.replace("min_plausibility = 0.0", "min_plausibility = 1.0")
    (collection.root / "nst.toml").write_text(strict)
    collection.update()
    expect(page.locator("#counts")).to_have_text("0 of 0 reviewed, 3 empty", timeout=10_000)
    page.locator("#show").select_option("empty")
    expect(page.locator("#about")).to_contain_text("placement.min_plausibility")
    expect(page.locator('[data-kind="approved"]')).to_be_disabled()
    expect(page.locator('[data-kind="another place"]')).to_have_text("P Place anyway")
    page.keyboard.press("p")
    expect(page.locator("#counts")).to_contain_text("1 to be made anew")
    expect(page.locator("#problem")).to_be_hidden()
