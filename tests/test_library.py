"""What `from digitwatch import …` gives to programs."""

import io
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import digitwatch
from digitwatch import DigitwatchError, draw_picture, find_glyphs, load_model, read_digits, to_grid
from tests.test_imports import HEAVY

RNG = np.random.default_rng(0)
SEVEN = draw_picture(7, np.random.default_rng(1))


@pytest.mark.parametrize(
    "source",
    [
        SEVEN,
        np.ascontiguousarray(SEVEN[:, :, 0]),
        SEVEN[:, :, 0],
        SEVEN[:, :, 0] < 128,
        np.dstack([SEVEN, np.full(SEVEN.shape[:2], 255, np.uint8)]),
        *(Image.fromarray(SEVEN).convert(mode) for mode in ("1", "P", "CMYK", "F", "I", "RGBA")),
        Image.fromarray(SEVEN).convert("L").convert("I;16").convert("I;16B"),
        Image.fromarray(SEVEN).convert("RGBA").convert("PA"),
        Image.fromarray(SEVEN[:, :, 0] / np.float32(255)),
    ],
    ids=lambda source: getattr(source, "mode", None) or f"{source.dtype}{source.shape}",
)
def test_arrays_and_pictures_of_pillow_are_read(models, source):
    (page,) = read_digits(source, models=models)
    assert page.digits == "7"


def test_a_path_and_bytes_are_read_alike_as_the_watcher_reads_them(models, reader, tmp_path, draw):
    data = draw(7, "BMP", mode="1")
    path = tmp_path / "seven.bmp"
    path.write_bytes(data)
    (watched,) = reader.read(data, path.name)
    for source in (path, str(path), data):
        (page,) = read_digits(source, models=models, review_below=reader.review_below)
        assert [mark.box for mark in page.marks] == [mark.box for mark in watched.marks]
        assert page.marks[0].probabilities == pytest.approx(watched.marks[0].probabilities)
        assert (page.status, page.note) == (watched.status, watched.note)
        assert page.confidence == int(100 * page.marks[0].confidence)
    assert Image.open(io.BytesIO(page.thumbnail)).format == "PNG"


def test_every_page_of_a_file_is_read(models):
    pictures = [Image.fromarray(draw_picture(n, np.random.default_rng(n))) for n in (1, 4)]
    file = io.BytesIO()
    pictures[0].save(file, "TIFF", save_all=True, append_images=pictures[1:])
    pages = read_digits(file.getvalue(), models=models)
    assert [(page.page, page.digits) for page in pages] == [(1, "1"), (2, "4")]


def test_a_picture_that_a_camera_turned_is_read_upright(models):
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = Image.fromarray(SEVEN).transpose(Image.Transpose.ROTATE_90)
    lying.getexif().update(exif)
    (page,) = read_digits(lying, models=models)
    assert page.digits == "7"
    assert not page.note


ORIENTATION_AS_TEXT = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x02\0\0\0\x026\0\0\0\0\0\0\0"


@pytest.mark.parametrize("damaged", [b"Exif\0\0garbage!", b"junk", ORIENTATION_AS_TEXT])
def test_a_picture_whose_word_of_the_camera_is_damaged_is_read(models, damaged):
    file = io.BytesIO()
    Image.fromarray(SEVEN).save(file, "PNG", exif=damaged)
    with Image.open(file) as picture:
        pages = [read_digits(one, models=models)[0] for one in (picture, file.getvalue())]
    assert [page.digits for page in pages] == ["7", "7"]


def test_bytes_that_are_no_picture_give_a_page_that_says_so(models):
    (page,) = read_digits(b"no picture", models=models)
    assert (page.status, page.digits, page.confidence) == ("error", "", None)
    assert "not a picture" in page.note


def test_white_paper_is_blank_and_doubt_is_left_for_review(models):
    (white,) = read_digits(np.full((50, 50), 255, np.uint8), models=models)
    assert (white.status, white.confidence) == ("blank", None)
    (doubted,) = read_digits(SEVEN, models=models, review_below=100)
    assert doubted.status == "review"


@pytest.mark.parametrize(
    ("source", "error", "words"),
    [
        (7, TypeError, "type int"),
        (np.zeros((8, 8)), ValueError, "float64"),
        (np.zeros((2, 8, 8), np.uint8), ValueError, r"\(2, 8, 8\)"),
        (np.zeros((0, 8), np.uint8), ValueError, r"\(0, 8\)"),
        (Image.new("L", (0, 5)), ValueError, r"\(0, 5\) has no pixels"),
        ("a\0b", ValueError, "source is 'a.x00b'; give a path without"),
        ("nowhere.png", FileNotFoundError, "nowhere.png"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(models, source, error, words):
    with pytest.raises(error, match=words):
        read_digits(source, models=models)


def test_an_unknown_layout_is_refused(models):
    with pytest.raises(ValueError, match="layout is 'line'"):
        read_digits(SEVEN, models=models, layout="line")
    with pytest.raises(ValueError, match="layout is 'line'"):
        find_glyphs(SEVEN, "line")


@pytest.mark.parametrize("value", [0.8, 80.0, -1, 101, True, "80", None])
def test_what_is_no_whole_percentage_is_refused(models, value):
    with pytest.raises(ValueError, match="in percent: give a whole number from 0 to 100"):
        read_digits(SEVEN, models=models, review_below=value)


@pytest.mark.parametrize("models", [None, 7, b"models"])
def test_what_is_no_path_of_models_is_refused(models):
    with pytest.raises(TypeError, match=r"models is a value of type .*; give a path"):
        load_model(models)


@pytest.mark.parametrize(
    "pixels",
    [
        SEVEN[:, :, 0],
        SEVEN[:, :, 0] < 128,
        SEVEN < 128,
        np.dstack([SEVEN, np.full(SEVEN.shape[:2], 255, np.uint8)]),
        np.dstack([np.zeros_like(SEVEN), 255 - SEVEN[:, :, 0]]),
    ],
    ids=["grey", "bool", "bool in three planes", "RGBA", "black on nothing"],
)
def test_glyphs_are_found_in_every_array_that_is_read(pixels):
    (glyph,), (expected,) = find_glyphs(pixels, "single"), find_glyphs(SEVEN, "single")
    boxes = (vars(one.box).values() for one in (glyph, expected))
    assert max(abs(one - other) for one, other in zip(*boxes, strict=True)) < 5


@pytest.mark.parametrize(
    ("call", "values", "error", "words"),
    [
        (find_glyphs, (SEVEN / 255, "auto"), ValueError, "float64 .*; give uint8"),
        (find_glyphs, (SEVEN[:, :, :2], "auto"), ValueError, r"400, 2\) is no picture"),
        (find_glyphs, ("seven.png", "auto"), TypeError, "type str; give a NumPy array"),
        (to_grid, (SEVEN[:, :, 0],), ValueError, r"uint8 .* no mask; give bool \(h, w\)"),
        (to_grid, (SEVEN < 128,), ValueError, "no mask"),
        (to_grid, (np.zeros((9, 9), np.bool_),), ValueError, "without ink"),
        (to_grid, ([[True]],), TypeError, "type list; give a NumPy array"),
        (draw_picture, (10, RNG), ValueError, "digit is 10; give a whole number from 0 to 9"),
        (draw_picture, (7, 0), TypeError, "type int; give a generator of NumPy"),
        (draw_picture, (7, RNG, (0, 9)), ValueError, r"size is \(0, 9\); give width"),
        (draw_picture, (7, RNG, 400), ValueError, "size is 400"),
        (partial(draw_picture, bend=-1), (7, RNG), ValueError, "bend is -1; give a number"),
    ],
)
def test_every_step_refuses_what_it_cannot_take_and_says_what_to_give(call, values, error, words):
    with pytest.raises(error, match=words):
        call(*values)


def test_without_a_model_it_says_how_to_get_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DigitwatchError, match=r"no model in .*models; run: digitwatch train"):
        read_digits(SEVEN)


def test_a_model_is_loaded_once_and_again_when_it_is_replaced(models, tmp_path):
    for file in models.iterdir():
        shutil.copy2(file, tmp_path)
    first = load_model(tmp_path)
    assert load_model(str(tmp_path)) is first
    (tmp_path / "digits.joblib").unlink()
    with pytest.raises(DigitwatchError, match="digitwatch train"):
        load_model(tmp_path)


def test_the_steps_to_a_grid_can_be_taken_one_by_one(models):
    (glyph,) = find_glyphs(SEVEN, "single")
    grid = to_grid(glyph.mask)
    assert grid.shape == (8, 8)
    (page,) = read_digits(SEVEN, models=models)
    assert np.allclose(page.marks[0].grid, grid, atol=0.01)


def test_every_public_name_is_there_and_no_other():
    assert all(hasattr(digitwatch, name) for name in digitwatch.__all__)
    assert set(digitwatch.__all__) <= set(dir(digitwatch))
    with pytest.raises(AttributeError, match="has no attribute 'read_letters'"):
        digitwatch.read_letters  # noqa: B018 - the look-up is what fails


def test_to_import_digitwatch_waits_for_no_heavy_library():
    code = f"import sys, digitwatch; print([name for name in {HEAVY!r} if name in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert found.stdout.strip() == "[]"
