"""What `from digitwatch import …` gives to programs."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import digitwatch
from digitwatch import DigitwatchError, draw_picture, find_glyphs, load_model, read_digits, to_grid
from tests.test_imports import HEAVY

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
        ("nowhere.png", FileNotFoundError, "nowhere.png"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(models, source, error, words):
    with pytest.raises(error, match=words):
        read_digits(source, models=models)


def test_an_unknown_layout_is_refused(models):
    with pytest.raises(ValueError, match="layout is 'line'"):
        read_digits(SEVEN, models=models, layout="line")


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
