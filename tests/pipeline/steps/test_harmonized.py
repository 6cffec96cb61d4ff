import pytest

from nst_pipeline.pipeline.steps.harmonized import harmonized
from nst_pipeline.storage.catalog import Row

(NO_WORSE,) = (each for each in harmonized.checks if each.name == "no_worse_than_untouched")


@pytest.mark.parametrize(("gain", "complaint"), [(0.2, ""), (-0.01, ""), (-0.3, "0.30 below")])
def test_a_result_that_looks_less_natural_than_its_composite_is_named(gain, complaint):
    row = Row("harmonized", "beach", "ok", "f", figures={"gain": gain})
    found = NO_WORSE.complaint(None, row)
    assert complaint in found
    assert bool(found) == bool(complaint)
