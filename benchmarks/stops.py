"""Stop `nst run` at random moments; check that every process exits soon and that nothing is lost.

    python benchmarks/stops.py [--stops 200] [--scenes 6] [--side 128] [--seed 1]

The benchmark makes composites of generated photos once, undisturbed, to measure how long `nst run`
takes. Then it starts `nst run` again and again. A changed setting, of placement or of harmonizing,
gives each run work to do. At a random moment between the start of the process and the end of the
work, the run receives SIGINT (as from Ctrl-C) or SIGTERM. After the last stop, one `nst run` makes
the rest, and `nst verify` must find nothing.

The last line is JSON: `stops`, `late` (exits after more than 10 seconds), `seconds_median` and
`seconds_most` from the signal to the exit, `exit_codes`, `problems`. The script fails if an exit
was late or a problem was found.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from pathlib import Path

from generated_photos import write_collection
from kills import SETTINGS, Collection
from rich.console import Console
from rich.table import Table
from upath import UPath

from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.pipeline.upkeep.verify import verify

LIMIT_SECONDS = 10.0
HANG_SECONDS = 120.0
"""A process that is still running after this long hangs, and is killed."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _change_settings(collection: Collection, rng: random.Random) -> None:
    """Change a setting, so that the next run has something to make again."""
    section = rng.choice(("placement", "harmonize"))
    value = {
        "placement": f"seed = {rng.randrange(1_000_000)}",
        "harmonize": f"strength = {rng.uniform(0.5, 1.0):.6f}",
    }[section]
    (collection.root / "nst.toml").write_text(f"{SETTINGS}[{section}]\n{value}\n")


def _stop_once(collection: Collection, rng: random.Random, duration: float) -> tuple[float, int]:
    """Start a run and stop it.

    Returns
    -------
    seconds, code
        Time from the signal to the exit, 0 if the run had ended before; and the exit code, which
        is the negative number of the signal if one ended the process.
    """
    errors = collection.root.parent / "errors"
    with errors.open("wb") as file:
        process = collection.start("nst", "run", errors=file)
    delay = rng.uniform(0, duration)
    time.sleep(delay)
    seconds, code = _stop(process, rng)
    output = " | ".join(errors.read_text(errors="replace").splitlines()[-3:])
    print(f"at {delay:.1f} s: exit code {code} after {seconds:.2f} s: {output}", flush=True)
    return seconds, code


def _stop(process: subprocess.Popen[bytes], rng: random.Random) -> tuple[float, int]:
    if process.poll() is not None:
        return 0.0, process.returncode
    started = time.monotonic()
    process.send_signal(rng.choice(SIGNALS))
    try:
        code = process.wait(timeout=HANG_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return HANG_SECONDS, -signal.SIGKILL
    return time.monotonic() - started, code


def _figures(collection: Collection, results: list[tuple[float, int]]) -> dict[str, object]:
    problems = verify(open_workspace(UPath(collection.root)))
    for each in problems[:20]:
        print(each)
    stopped = [each for each in results if each[0] > 0]
    seconds = [each for each, _ in stopped]
    codes = Counter(code for _, code in stopped)
    return {
        "stops": len(stopped),
        "late": sum(each > LIMIT_SECONDS for each in seconds),
        "seconds_median": round(statistics.median(seconds), 2),
        "seconds_most": round(max(seconds), 2),
        "exit_codes": {str(code): count for code, count in sorted(codes.items())},
        "problems": len(problems),
    }


def main() -> None:
    """Stop many runs, finish the work, verify, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stops", type=int, default=200)
    parser.add_argument("--scenes", type=int, default=6)
    parser.add_argument("--side", type=int, default=128, help="width of the photos, pixels")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    # A shell starts background jobs with SIGINT ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rng = random.Random(given.seed)
    results: list[tuple[float, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        collection = Collection(Path(folder))
        write_collection(collection.root, scenes=given.scenes, objects=4, side=given.side)
        (collection.root / "nst.toml").write_text(SETTINGS)
        started = time.monotonic()
        collection.finish()
        duration = time.monotonic() - started
        print(f"an undisturbed run takes {duration:.1f} s", flush=True)
        while sum(seconds > 0 for seconds, _ in results) < given.stops:
            _change_settings(collection, rng)
            results.append(_stop_once(collection, rng, duration))
        collection.finish()
        figures = _figures(collection, results)
    table = Table("what", "value", title="After the last run", title_justify="left")
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), str(value))
    Console(width=100).print(table)
    print(json.dumps(figures))
    if figures["late"] or figures["problems"]:
        raise SystemExit("a stop was late, or the collection has problems")


if __name__ == "__main__":
    main()
