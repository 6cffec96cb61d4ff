"""Measure how long a click on one scene takes in the Dagster UI, until its picture is there.

    python benchmarks/one_scene.py URL SCENE [--times 3]

URL is a running UI (`make dev`), SCENE a photo in its inbox, by its path. For each time, a byte is
appended to the photo, which changes nothing in the picture, and `scenes_job` is launched for it as
the UI launches it. Prints the seconds from the click to each event of the run.
"""

from __future__ import annotations

import argparse
import json
import time
import urllib.request
from pathlib import Path
from typing import Any

from nst_pipeline.pipeline.engine.workspace import open_workspace

_LAUNCH = """mutation ($params: ExecutionParams!) {
  launchRun(executionParams: $params) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message }
  }
}"""
_STATUS = "query ($run: ID!) { runOrError(runId: $run) { ... on Run { status } } }"
_EVENTS = """query ($run: ID!) {
  logsForRun(runId: $run) { ... on EventConnection {
    events { ... on MessageEvent { timestamp stepKey eventType } }
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


def click(url: str, photo: Path, key: str) -> dict[str, float]:
    """Change a scene, launch its run, wait for its end; return seconds by event."""
    with photo.open("ab") as file:
        file.write(b"\0")
    clicked = time.time()
    run = _launch(url, key)
    while _ask(url, _STATUS, run=run)["runOrError"]["status"] not in _ENDED:
        time.sleep(_LOOK_SECONDS)
    events = _ask(url, _EVENTS, run=run)["logsForRun"]["events"]
    return {
        (each["stepKey"] or each["eventType"]): int(each["timestamp"]) / 1000 - clicked
        for each in events
        if each.get("eventType") in _SHOWN
    }


def main() -> None:
    """Print the times of each click."""
    reader = argparse.ArgumentParser()
    reader.add_argument("url")
    reader.add_argument("scene")
    reader.add_argument("--times", type=int, default=3)
    chosen = reader.parse_args()
    workspace = open_workspace()
    photos = workspace.index("scenes").photos
    key = next(key for key, photo in photos.items() if photo.path == chosen.scene)
    for number in range(chosen.times):
        photo = Path(str(workspace.inbox_folder("scenes"))) / chosen.scene
        seconds = click(chosen.url.rstrip("/"), photo, key)
        print(f"click {number + 1}")
        for name, at in seconds.items():
            print(f"  {at:6.1f} s  {name}")


if __name__ == "__main__":
    main()
