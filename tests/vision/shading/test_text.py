import cv2
import numpy as np
import pytest
from skimage import data

from nst_pipeline.vision.shading.text import may_show_text


def written(text: str, scale: float, dark: bool = True) -> np.ndarray:
    ink, paper = ((30, 30, 35), (225, 220, 210)) if dark else ((240, 240, 235), (60, 20, 25))
    sticker = np.full((200, 420, 4), (*paper, 255), np.uint8)
    cv2.putText(sticker, text, (30, 120), 0, scale, (*ink, 255), max(2, round(3 * scale)), 16)
    noise = np.random.default_rng(0).normal(0, 4, (200, 420, 3))
    sticker[..., :3] = np.clip(sticker[..., :3] + noise, 0, 255)
    return sticker


@pytest.mark.parametrize("scale", [0.8, 1.5])
@pytest.mark.parametrize("dark", [True, False])
def test_writing_is_noticed(scale, dark):
    assert may_show_text(written("PIZZA 24h", scale, dark))


def test_printed_text_is_noticed():
    page = np.dstack([data.page()] * 3)
    assert may_show_text(np.dstack([page, np.full(page.shape[:2], 255, np.uint8)]))


@pytest.mark.parametrize("name", ["chelsea", "coffee"])
def test_a_cat_and_a_cup_show_none(name):
    photo = getattr(data, name)()
    assert not may_show_text(np.dstack([photo, np.full(photo.shape[:2], 255, np.uint8)]))


def test_nothing_is_written_on_an_empty_sticker():
    assert not may_show_text(np.zeros((40, 40, 4), np.uint8))
