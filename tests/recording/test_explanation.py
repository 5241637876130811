"""The picture that explains a reading grows with what there is to show, and never fails."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from digitwatch.recording.annotation import LOOKS, ShownMark
from digitwatch.recording.explanation import ExplainedPage, draw_explanation
from digitwatch.recording.glyph_steps import Neighbour, Step, caption
from tests.recording.making import GRID, make_mark


def make_step(digit: int | None = 7, number: int = 1) -> Step:
    return Step(
        number=number,
        shown=ShownMark(make_mark(digit), doubtful=digit is None),
        evened=np.eye(64),
        planes=np.ones((4, 8, 8), np.float32),
        probabilities=(0.02, *([0.0] * 6), 0.95, 0.0, 0.0),
        neighbours=[Neighbour(text, GRID, 2.5) for text in "77771?77"],
    )


def make_page(steps: list[Step], ink: bool = True) -> ExplainedPage:
    mask = np.zeros((200, 150), dtype=np.bool_)
    if ink:
        mask[20:120, 10:60] = True
        mask[190:195, 140:145] = True
    return ExplainedPage(
        pixels=np.full((400, 300, 3), 255, np.uint8),
        ink=mask,
        glyphs=[np.ones((128, 64), np.bool_) for _ in steps],
        marks=[step.shown for step in steps],
        steps=steps,
    )


def drawn(page: ExplainedPage, status: str = "ok", sentence: str = "It is.") -> Image.Image:
    return Image.open(io.BytesIO(draw_explanation(page, status, sentence, "a.png"))).convert("RGB")


def test_each_glyph_has_a_row_of_its_own():
    heights = [drawn(make_page([make_step()] * count)).height for count in range(1, 4)]
    assert heights[1] - heights[0] == heights[2] - heights[1] > 160


def test_a_page_without_glyphs_shows_the_page_and_its_ink_alone():
    blank = drawn(make_page([], ink=False), "blank")
    assert blank.width == 1200
    assert blank.height < drawn(make_page([make_step()])).height


def test_the_ink_of_the_glyphs_is_told_from_what_is_left_out():
    colours = set(drawn(make_page([make_step()])).crop((416, 180, 784, 480)).get_flattened_data())
    assert {(0, 95, 158), (176, 184, 194)} <= colours


@pytest.mark.parametrize("status", list(LOOKS))
def test_each_status_is_shown_by_its_colour(status):
    colour = np.asarray(drawn(make_page([make_step()]), status))[5, 600]
    assert f"#{bytes(colour).hex()}" == LOOKS[status].colour


def test_a_long_sentence_takes_more_room():
    short, long = (drawn(make_page([]), sentence="word " * count).height for count in (3, 60))
    assert long > short


@pytest.mark.parametrize(
    ("digit", "words"), [(7, "mark 3: read as 7, 98 % sure"), (None, "mark 3: taken for no digit")]
)
def test_one_of_several_glyphs_is_named_by_its_place(digit, words):
    assert caption(make_step(digit, number=3)) == words


def test_the_planes_of_a_glyph_without_directions_can_be_drawn():
    empty = replace(make_step(), planes=np.zeros((4, 8, 8), np.float32))
    assert drawn(make_page([empty])).width == 1200
