import numpy as np
import pytest

from nst_pipeline.errors import SettingError
from nst_pipeline.publish.sweep_sheet import CONTENT_WEIGHTS, STYLE_WEIGHTS, sweep_weights
from nst_pipeline.settings import Vgg19Settings
from nst_pipeline.vision.shapes import Rgb


def painted(label: str, settings: Vgg19Settings) -> tuple[Rgb, float]:
    """A gray picture, the lighter the larger the style weight is."""
    level = round(60 * np.log10(settings.style_weight / 1e-9))
    image = np.full((40, 30, 3), level, np.uint8)
    return image, 1e3 * settings.content_weight


def test_every_pair_of_weights_is_stylized_by_rows():
    seen = []

    def stylize(label: str, settings: Vgg19Settings) -> tuple[Rgb, float]:
        seen.append((label, settings.content_weight, settings.style_weight, settings.steps))
        return painted(label, settings)

    sweep = sweep_weights(Vgg19Settings(steps=7), [1e-8, 1e-7], [1e-7, 1e-6], stylize, cell_px=64)

    assert seen[1] == ("content 1e-08, style 1e-06", 1e-8, 1e-6, 7)
    assert [(cell["content"], cell["style"]) for cell in sweep.cells] == [
        (1e-8, 1e-7),
        (1e-8, 1e-6),
        (1e-7, 1e-7),
        (1e-7, 1e-6),
    ]
    assert sweep.cells[0]["loss"] == pytest.approx(1e-5)


def test_the_sheet_has_a_row_for_each_content_weight_and_a_column_for_each_style_weight():
    one, two = (
        sweep_weights(Vgg19Settings(), rows, STYLE_WEIGHTS, painted, cell_px=64).sheet
        for rows in (CONTENT_WEIGHTS[:1], CONTENT_WEIGHTS[:2])
    )

    assert one.shape[1] == two.shape[1] > 3 * 64
    assert two.shape[0] > 1.5 * one.shape[0]
    # The pictures differ by columns alone: 120, 180 and 240.
    levels = [int((two == level).all(-1).sum()) for level in (120, 180, 240)]
    assert min(levels) > 1000


def test_a_weight_out_of_range_is_named():
    with pytest.raises(SettingError, match=r"vgg19\.content_weight"):
        sweep_weights(Vgg19Settings(), [-1.0], [1e-6], painted, cell_px=64)


def test_the_default_weights_are_in_the_middle():
    defaults = Vgg19Settings()

    assert CONTENT_WEIGHTS[1] == defaults.content_weight
    assert STYLE_WEIGHTS[1] == defaults.style_weight
