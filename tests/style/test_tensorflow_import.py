import subprocess
import sys

IMPORT = (
    "from nst_pipeline.style.tensorflow_import import import_tensorflow, import_tensorflow_hub;"
    "tf, hub = import_tensorflow(), import_tensorflow_hub();"
    "import sys; print(tf.reduce_sum(tf.ones(3)).numpy(), hub.__name__);"
    "print('still heard', file=sys.stderr)"
)


def test_tensorflow_starts_quietly_and_standard_error_stays_open():
    done = subprocess.run(
        [sys.executable, "-c", IMPORT], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["3.0", "tensorflow_hub"]
    assert done.stderr.strip() == "still heard"
