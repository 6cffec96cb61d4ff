"""TensorFlow takes seconds to import: only `style/networks` does, and few modules import that."""

import pkgutil
import subprocess
import sys

import nst_pipeline.style


def test_only_the_modules_of_networks_import_tensorflow_at_the_top():
    modules = [
        module.name
        for module in pkgutil.walk_packages(nst_pipeline.style.__path__, "nst_pipeline.style.")
        if not module.name.startswith("nst_pipeline.style.networks")
    ]
    assert "nst_pipeline.style.stylize_vgg19" in modules
    code = (
        f"import importlib, sys; [importlib.import_module(name) for name in {modules}];"
        "print(sorted({'tensorflow', 'keras', 'tensorflow_hub', 'onnx'} & sys.modules.keys()))"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
