"""Measure how long a click on one scene takes in the Dagster UI, until its picture is there.

    python benchmarks/one_scene.py URL SCENE [--times 3] [--pause 15]

URL is a running UI (`make dev`), SCENE a photo in its inbox, by its path. For each time, the photo
is made brighter, so that all that is made from it is made anew, and `scenes_job` is launched for it
as the UI launches it. Prints the seconds from the click to each event of the run, and the machine's
load. At the end, the photo is as it was.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageEnhance

from nst_pipeline.pipeline.engine.workspace import open_workspace

_LAUNCH = """mutation ($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}"""
_STATUS = "query ($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"
_EVENTS = """query ($run: ID!, $after: String) {
  logsForRun(runId: $run, afterCursor: $after) { ... on EventConnection {
    events { ... on MessageEvent { timestamp stepKey eventType } } cursor hasMore
  } }
}"""
_SHOWN = ("RUN_ENQUEUED", "RUN_STARTING", "RUN_START", "ASSET_MATERIALIZATION", "RUN_SUCCESS")
_ENDED = ("SUCCESS", "FAILURE", "CANCELED")
_LOOK_SECONDS = 0.2


def _ask(url: str, query: str, **variables: Any) -> Any:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(f"{url}/graphql", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["data"]


def _launch(url: str, key: str) -> str:
    params = {
        "selector": {
            "repositoryLocationName": "nst_pipeline",
            "repositoryName": "__repository__",
            "jobName": "scenes_job",
        },
        "mode": "default",
        "runConfigData": {},
        "executionMetadata": {"tags": [{"key": "dagster/partition", "value": key}]},
    }
    return str(_ask(url, _LAUNCH, params=params)["launchRun"]["run"]["runId"])


def _brighter(data: bytes, percent: int) -> bytes:
    photo = Image.open(io.BytesIO(data))
    changed = io.BytesIO()
    ImageEnhance.Brightness(photo).enhance(1 + percent / 100).save(changed, photo.format)
    return changed.getvalue()


def _events(url: str, run: str) -> Iterator[Any]:
    after = None
    while True:
        page = _ask(url, _EVENTS, run=run, after=after)["logsForRun"]
        yield from page["events"]
        if not page["hasMore"]:
            return
        after = page["cursor"]


def click(url: str, key: str) -> dict[str, float]:
    """Launch the run of a scene, wait for its end; return seconds by event."""
    clicked = time.time()
    run = _launch(url, key)
    while _ask(url, _STATUS, run=run)["runOrError"]["status"] not in _ENDED:
        time.sleep(_LOOK_SECONDS)
    return {
        (each["stepKey"] or each["eventType"]): int(each["timestamp"]) / 1000 - clicked
        for each in _events(url, run)
        if each.get("eventType") in _SHOWN
    }


def main() -> None:
    """Print the times of each click."""
    reader = argparse.ArgumentParser()
    reader.add_argument("url")
    reader.add_argument("scene")
    reader.add_argument("--times", type=int, default=3)
    reader.add_argument("--pause", type=float, default=15, help="seconds between two clicks")
    chosen = reader.parse_args()
    workspace = open_workspace()
    photos = workspace.index("scenes").photos
    key = next(key for key, photo in photos.items() if photo.path == chosen.scene)
    photo = Path(str(workspace.inbox_folder("scenes"))) / chosen.scene
    original = photo.read_bytes()
    try:
        for number in range(1, chosen.times + 1):
            photo.write_bytes(_brighter(original, number))
            print(f"click {number}, load {os.getloadavg()[0]:.1f}")
            for name, at in click(chosen.url.rstrip("/"), key).items():
                print(f"  {at:6.1f} s  {name}")
            time.sleep(chosen.pause)
    finally:
        photo.write_bytes(original)


if __name__ == "__main__":
    main()
