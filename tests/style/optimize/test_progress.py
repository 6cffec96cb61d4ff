import numpy as np
import pytest

from nst_pipeline.style.optimize.progress import level_callback
from nst_pipeline.style.optimize.pyramid import pyramid_levels

PICTURE = np.zeros((4, 4, 3), np.float32)


def test_a_step_at_the_finest_level_is_four_times_the_work_of_one_at_the_next_coarser():
    levels, steps = pyramid_levels(200, 200), []

    for level in levels:
        on_step = level_callback(levels, level, 2, steps.append)
        for loss in (2.0, 1.0):
            on_step(loss, PICTURE)

    assert [step.fraction_done for step in steps] == pytest.approx([0.1, 0.2, 0.6, 1.0])
    assert [step.loss for step in steps] == [2.0, 1.0, 2.0, 1.0]
    assert steps[0].picture is PICTURE


def test_a_level_that_stops_early_does_not_hold_back_the_next():
    levels, steps = pyramid_levels(200, 200), []

    level_callback(levels, levels[0], 2, steps.append)(1.0, PICTURE)
    level_callback(levels, levels[1], 2, steps.append)(1.0, PICTURE)

    assert [step.fraction_done for step in steps] == pytest.approx([0.1, 0.6])


def test_the_progress_callback_is_optional():
    levels = pyramid_levels(64, 64)

    level_callback(levels, levels[0], 1, None)(1.0, PICTURE)
