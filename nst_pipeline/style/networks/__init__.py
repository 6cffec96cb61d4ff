"""Networks and losses in TensorFlow, the only package whose modules import it at the top.

TensorFlow takes seconds to import, so nothing may import this package when it is imported itself.
A few modules of `nst_pipeline.style` import from here inside functions; pyproject.toml lists them
and import-linter refuses others.
"""

from nst_pipeline.style.networks.startup import start_tensorflow

start_tensorflow()
