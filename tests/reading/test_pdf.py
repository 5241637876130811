"""The pages of a PDF are drawn one by one, as finely as reading needs, whatever the PDF holds."""

import sys
from importlib.util import find_spec
from itertools import islice

import numpy as np
import pytest
from PIL import Image

from digitwatch.errors import UnreadableImageError
from digitwatch.reading import pdf, pdf_drawing
from digitwatch.reading.image import decode, is_complete, missing_library
from digitwatch.reading.limits import MAX_PAGES
from digitwatch.reading.pdf_drawing import DPI, LONGEST, scale_of
from tests import documents
from tests.hostile import saved

with_pdfium = pytest.mark.skipif(find_spec("pypdfium2") is None, reason="needs pypdfium2")

ENDLESS = """
from digitwatch.reading import pdf_drawing

def draw_for_ever(*_):
    while True:
        pass

pdf_drawing.SECONDS = 0.3
pdf_drawing._scale = draw_for_ever
pdf_drawing.main()
"""
A4 = (595.0, 842.0)  # points


def scanned(*pages: Image.Image, dpi: int = 300) -> bytes:
    return saved(pages[0], "PDF", save_all=True, append_images=pages[1:], resolution=dpi)


def noise(size: tuple[int, int]) -> Image.Image:
    """Of one bit, which a PDF keeps without loss."""
    return Image.effect_noise(size, 100).convert("1")


@pytest.mark.parametrize(
    ("page", "image", "pixels"),
    [
        (A4, None, (LONGEST * 595 / 842, LONGEST)),
        ((300.0, 200.0), None, (300 * DPI / 72, 200 * DPI / 72)),
        (A4, (595 * 842, 595 * 842), A4),
        (A4, (595 * 842 / 4, 1e6), (LONGEST * 595 / 842, LONGEST)),
        (A4, (595 * 842, 1e9), (LONGEST * 595 / 842, LONGEST)),
        (A4, (595 * 842, 1.0), (LONGEST * 595 / 842, LONGEST)),
        ((1e9, 1.0), None, (LONGEST, 0)),
    ],
)
def test_a_page_is_drawn_as_finely_as_reading_needs(page, image, pixels):
    scale = scale_of(page, image)
    assert (page[0] * scale, page[1] * scale) == pytest.approx(pixels, rel=1e-5, abs=0.1)


@with_pdfium
def test_the_pixels_of_a_scan_are_those_of_its_picture():
    drawing = noise((301, 203))
    (page,) = decode(scanned(drawing, dpi=127))
    assert np.array_equal(page.pixels[:, :, 0], np.asarray(drawing.convert("L")))
    assert not page.pixels.flags.writeable


@with_pdfium
def test_strokes_are_drawn_in_black_on_white():
    (page,) = decode(documents.pages())
    height, width = page.pixels.shape[:2]
    assert height == LONGEST
    assert page.pixels[0, 0].min() == 255
    assert page.pixels[round(height * (842 - 600) / 842), width // 2].max() == 0


@with_pdfium
def test_colours_are_kept():
    (page,) = decode(documents.pages(b"1 0 0 rg 0 0 595 842 re f"))
    assert tuple(page.pixels[9, 9]) == (255, 0, 0)


@with_pdfium
def test_every_page_is_one():
    pages = decode(scanned(*(noise((40, 30 + number)) for number in range(3))))
    assert [(page.number, page.pixels.shape) for page in pages] == [
        (1, (30, 40, 3)), (2, (31, 40, 3)), (3, (32, 40, 3))
    ]  # fmt: skip


@with_pdfium
def test_a_turned_page_is_upright():
    box = b"0 0 595 842]/Rotate 90/Ignored[0"
    (page,) = decode(documents.pages(b"0 0 100 100 re f", box=box))
    assert page.pixels.shape[1] == LONGEST
    assert page.pixels[9, 9].max() == 0  # what was below on the left


@with_pdfium
def test_a_book_is_not_read_to_its_end():
    pages = decode(scanned(*[noise((20, 20))] * (MAX_PAGES + 3)))
    assert len(list(islice(pages, MAX_PAGES))) == MAX_PAGES
    with pytest.raises(UnreadableImageError, match=f"first {MAX_PAGES} pages"):
        next(pages)


@with_pdfium
def test_many_pages_must_have_bytes_to_show():
    with pytest.raises(UnreadableImageError, match="nothing was read from page"):
        list(decode(documents.pages(count=150)))


@with_pdfium
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (documents.protected(), "protected by a password; save a copy without it"),
        (documents.pages()[:200], "cut off"),
        (b"%PDF-1.7\n%%EOF", "damaged"),
        (documents.pdf(documents.CATALOG, b"<</Type/Pages/Count 0/Kids[]>>"), "damaged"),
        (documents.nested(9, 10), "page 1 asks for too much time or memory"),
    ],
)
def test_what_cannot_be_drawn_is_told_in_plain_words(data, words):
    with pytest.raises(UnreadableImageError, match=words):
        list(decode(data))


@with_pdfium
def test_a_page_that_takes_too_long_is_given_up(tmp_path, monkeypatch):
    endless = tmp_path / "endless.py"
    endless.write_text(ENDLESS)
    monkeypatch.setattr(pdf_drawing, "__file__", str(endless))
    with pytest.raises(UnreadableImageError, match="too much time"):
        list(pdf.pages_of(documents.pages()))


def test_without_pdfium_the_remedy_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "pypdfium2", None)
    with pytest.raises(UnreadableImageError, match=r'pip install "digitwatch\[pdf\]"'):
        list(decode(documents.pages()))
    assert "pip install" in missing_library(documents.pages())


@pytest.mark.parametrize("start", [b"", b"\r\n", b"sent by a scanner\n"])
def test_a_pdf_is_complete_with_its_end(start):
    data = start + documents.pages()
    assert is_complete(data)
    assert is_complete(data + b"\r\n\0")
    assert not any(is_complete(data[:length]) for length in range(len(data) - 6))
