import os
import subprocess
import sys

IMPORT = (
    "from nst_pipeline.style.networks import losses, saved_model;"
    "import sys; print(losses.laplacian.__name__);"
    "print('still heard', file=sys.stderr)"
)


def started(level: str | None) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    if level:
        environment["TF_CPP_MIN_LOG_LEVEL"] = level
    return subprocess.run(
        [sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True, env=environment
    )


def test_at_log_level_2_tensorflow_starts_quietly_and_standard_error_stays_open():
    done = started("2")

    assert done.stdout.split() == ["laplacian"]
    assert done.stderr.strip() == "still heard"


def test_without_a_log_level_nothing_is_hidden():
    assert len(started(None).stderr.splitlines()) > 1
