"""Simulate one to a thousand workers from measured parts: how long, and what saturates first.

    python -m benchmarks.scaling.simulate [--scenes 100000] [--parts FILE] [--vgg] [--json]

Workers take runs of 500 scenes from Dagster's queue. Each run starts a process, and then, block by
block, makes the artifacts, writes them to the store, reports them to Postgres, and commits their
rows to the catalog. What all workers share serves one block after the other: queue, store,
Postgres, catalog. At the end one run writes dataset and gallery. `Assumed` has what was not
measured.
"""

import argparse
import heapq
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_PARTS = Path(__file__).with_name("parts.json")
_SCENES_PER_RUN, _BLOCK = 500, 32
_SIZES = ("2 megapixels", "12 megapixels")
_WORKERS = (1, 10, 100, 1000)
_ONCE = ("dataset", "gallery", "harmonizer", "sticker_library")
_OBJECTS = ("object_photos", "detections", "stickers")
_COMMIT_ROWS = 256


@dataclass(frozen=True)
class Assumed:
    """What was not measured, but assumed; change it to what you have."""

    objects_per_scene: float = 0.1
    worker_megabytes_per_second: float = 100.0
    """Between a worker and the store."""
    store_megabytes_per_second: float = 5000.0
    """Of the store, for all workers together."""
    store_files_per_second: float = 3500.0
    """Writes that an object store accepts for one prefix."""
    commit_factor: float = 10.0
    """A commit to an object store, in commits to a local disk: several requests instead of none."""
    start_seconds: float = 0.5
    """That the daemon takes to start one run; it starts one after the other."""


@dataclass
class Shared:
    """Something that all workers share, and that serves one of them after the other."""

    name: str
    free_at: float = 0.0
    busy: float = 0.0

    def serve(self, now: float, seconds: float) -> float:
        """Serve for some seconds; return when it is done."""
        begins = max(now, self.free_at)
        self.free_at, self.busy = begins + seconds, self.busy + seconds
        return self.free_at


@dataclass(frozen=True)
class Scene:
    """What one scene costs, with its share of the objects."""

    seconds: float
    megabytes: float
    files: float
    artifacts: float

    @classmethod
    def of(cls, assets: dict[str, Any], assumed: Assumed, *, vgg: bool) -> "Scene":
        """Add up its assets."""
        total = cls(0.0, 0.0, 0.0, 0.0)
        for name, each in assets.items():
            if name in _ONCE or (name == "stylized_vgg19" and not vgg):
                continue
            share = assumed.objects_per_scene if name in _OBJECTS else 1.0
            total = cls(
                total.seconds + share * each["seconds"],
                total.megabytes + share * each["megabytes"],
                total.files + share * each["files"],
                total.artifacts + share,
            )
        return total


@dataclass
class Cluster:
    """The shared things, and what a block costs on each of them."""

    scene: Scene
    parts: dict[str, Any]
    assumed: Assumed
    daemon: Shared = field(default_factory=lambda: Shared("daemon"))
    store: Shared = field(default_factory=lambda: Shared("store"))
    postgres: Shared = field(default_factory=lambda: Shared("Postgres"))
    catalog: Shared = field(default_factory=lambda: Shared("catalog"))

    @property
    def shared(self) -> tuple[Shared, ...]:
        """All of them."""
        return self.daemon, self.store, self.postgres, self.catalog

    def steps(self, scenes: int, launch: float) -> Iterator[tuple[Shared | None, float]]:
        """Yield what a run does: on its own worker (None), or on something shared; and seconds."""
        scene, assumed = self.scene, self.assumed
        yield self.daemon, assumed.start_seconds
        yield None, launch
        for first in range(0, scenes, _BLOCK):
            block = min(_BLOCK, scenes - first)
            megabytes, files = block * scene.megabytes, block * scene.files
            yield None, block * scene.seconds + megabytes / assumed.worker_megabytes_per_second
            by_bytes = megabytes / assumed.store_megabytes_per_second
            yield self.store, max(by_bytes, files / assumed.store_files_per_second)
        rows = scenes * scene.artifacts
        yield self.postgres, rows * self.parts["event_milliseconds"]["postgres"] / 1000
        commits = math.ceil(rows / _COMMIT_ROWS)
        yield (
            self.catalog,
            commits * self.parts["commit"]["milliseconds"] / 1000 * (assumed.commit_factor),
        )


def simulate(cluster: Cluster, scenes: int, workers: int, launch: float) -> float:
    """Return the seconds until all scenes are made.

    Parameters
    ----------
    cluster
        Afterwards its parts know how long they were busy.
    scenes, workers
        Their numbers.
    launch
        Seconds from the start of a run's process until its first artifact.
    """
    left = [min(_SCENES_PER_RUN, scenes - at) for at in range(0, scenes, _SCENES_PER_RUN)]
    waiting = [(0.0, number) for number in range(workers)]
    runs: dict[int, Iterator[tuple[Shared | None, float]]] = {}
    ended = 0.0
    # In the order of time: whoever comes first is served first.
    while waiting:
        now, worker = heapq.heappop(waiting)
        step = next(runs[worker], None) if worker in runs else None
        if step is None:
            ended = max(ended, now)
            if not left:
                continue
            runs[worker] = cluster.steps(left.pop(), launch)
            step = next(runs[worker])
        shared, seconds = step
        done = now + seconds if shared is None else shared.serve(now, seconds)
        heapq.heappush(waiting, (done, worker))
    return ended


def figures(
    parts: dict[str, Any], size: str, scenes: int, workers: int, *, vgg: bool
) -> dict[str, Any]:
    """Simulate one case; return hours, scenes per hour, and how busy each shared thing was."""
    measured, assumed = parts["images"][size], Assumed()
    cluster = Cluster(Scene.of(measured["assets"], assumed, vgg=vgg), parts, assumed)
    made = simulate(cluster, scenes, workers, measured["launch_seconds"])
    published = scenes * measured["publish_milliseconds"] / 1000
    busy = {each.name: round(each.busy / made, 3) for each in cluster.shared}
    return {
        "size": size,
        "vgg": vgg,
        "workers": workers,
        "hours": round((made + published) / 3600, 2),
        "publish_share": round(published / (made + published), 3),
        "scenes_per_hour": round(scenes / (made + published) * 3600),
        "efficiency": round(scenes * cluster.scene.seconds / workers / (made + published), 3),
        "busy": busy,
    }


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--scenes", type=int, default=100_000)
    parser.add_argument("--parts", type=Path, default=_PARTS)
    parser.add_argument("--vgg", action="store_true", help="with the optimization by VGG")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    parts = json.loads(given.parts.read_text())
    found = [
        figures(parts, size, given.scenes, workers, vgg=given.vgg)
        for size in _SIZES
        for workers in _WORKERS
    ]
    if given.json:
        print(json.dumps(found))
        return
    for each in found:
        busy = ", ".join(f"{name} {share:.0%}" for name, share in each["busy"].items())
        print(
            f"{each['size']:>13}, {each['workers']:>4} workers: {each['hours']:>8.2f} h, "
            f"{each['scenes_per_hour']:>7} scenes/h, of ideal {each['efficiency']:.0%}, "
            f"publishing {each['publish_share']:.0%}; busy: {busy}"
        )


if __name__ == "__main__":
    main()
