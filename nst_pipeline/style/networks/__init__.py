"""Networks and losses in TensorFlow: the only package whose modules import it at the top.

TensorFlow takes seconds to import, so no module may import this package at the top. A few modules
of `nst_pipeline.style` import from here inside functions; pyproject.toml lists them, and
import-linter rejects others.
"""

from nst_pipeline.style.networks.startup import start_tensorflow

start_tensorflow()
