"""Draws the pages of a PDF: python pdf_drawing.py < PDF. Run by `pdf`, and ended by it.

For each page it prints a line, width, height and bytes a row, and then its rows of RGB; after the
last END, instead of the first perhaps PROTECTED. Where PDFium fails it prints nothing more.
"""

import os
import sys
import time
from collections.abc import Sequence
from importlib import import_module
from itertools import islice
from threading import Thread
from typing import Any

END, PROTECTED = b"end\n", b"protected\n"
TOO_LONG = 75  # exit code
SECONDS, BYTES_A_SECOND = 5.0, 20_000  # of this process: for any PDF, and more for a long one
MEMORY = 700_000_000  # bytes
LONGEST = 3_200  # px: twice what a page of digits is looked at with; A4 at 270 dpi
DPI = 300
LEAST_DPI = 50  # of a scan: a page-sized image of less is the paper on which is drawn
OBJECTS_LOOKED_AT = 16


def main() -> None:
    """Draw page after page, each when the one before was taken from the pipe."""
    data = sys.stdin.buffer.read()
    Thread(target=_end_after, args=(SECONDS + len(data) / BYTES_A_SECOND,), daemon=True).start()
    _limit_memory(MEMORY + 2 * len(data))
    pypdfium2 = import_module("pypdfium2")  # the constants above are read without it
    out = sys.stdout.buffer
    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if error.err_code not in _protected(pypdfium2.raw):
            raise
        out.write(PROTECTED)
        return
    for page in pdf:
        bitmap = page.render(scale=_scale(page, pypdfium2.raw), rev_byteorder=True)
        out.write(b"%d %d %d\n" % (bitmap.width, bitmap.height, bitmap.stride))
        out.write(bitmap.buffer)
        out.flush()
        bitmap.close()
        page.close()
    out.write(END)


def _protected(pdfium: Any) -> tuple[int, int]:
    return pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY


def scale_of(page: Sequence[float], image: tuple[float, float] | None) -> float:
    """Return how many pixels to draw for a point, which is 1/72 inch.

    `page` is its width and height in points. `image` is given where the page is a scan: its area in
    points and in pixels, so that its own pixels are drawn and no others.
    """
    wanted: float = DPI / 72
    if image is not None and image[0] > page[0] * page[1] / 2:
        own = (image[1] / image[0]) ** 0.5
        wanted = own if own >= LEAST_DPI / 72 else wanted
    # A little less: the size is rounded up.
    return min(wanted, LONGEST / max(page)) * (1 - 1e-6)


def _scale(page: Any, pdfium: Any) -> float:
    """Find out whether the page is a scan: images, and perhaps the text that was found on them."""
    objects = list(islice(page.get_objects(max_depth=1), OBJECTS_LOOKED_AT))
    scans = {pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_TEXT}
    images = []
    if all(one.type in scans for one in objects):
        for one in objects:
            if one.type == pdfium.FPDF_PAGEOBJ_IMAGE:
                left, bottom, right, top = one.get_bounds()
                width, height = one.get_px_size()
                images.append(((right - left) * (top - bottom), float(width * height)))
    return scale_of(page.get_size(), max(images, default=None))


def _end_after(seconds: float) -> None:
    """End this process when it has worked for so long; waiting for the pipe is no work."""
    while time.process_time() < seconds:
        time.sleep(0.05)
    os._exit(TOO_LONG)


def _limit_memory(size: int) -> None:
    if sys.platform == "linux":  # others do not have such a limit, or do not keep to it
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (size, size))


if __name__ == "__main__":
    main()
