"""The pages of a PDF, drawn by PDFium in a process of its own (`pdf_drawing`).

PDFium is a large library that must not be called from two threads, and a PDF is a program of a
kind: what loops, eats the memory or crashes is then not us.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from digitwatch.errors import UnreadableImageError
from digitwatch.reading import pdf_drawing
from digitwatch.reading.limits import DRAWN_PIXELS_A_BYTE, MAX_PAGES, check_sum

if sys.platform == "win32":  # where a console program opens a window
    _FLAGS = subprocess.CREATE_NO_WINDOW
else:
    _FLAGS = 0


def pages_of(data: bytes) -> Iterator[NDArray[np.uint8]]:
    """Yield the pixels of each page, (height, width, 3) uint8 RGB, read-only; drawn when asked for.

    Raises UnreadableImageError where the PDF is protected, asks for too much time or
    memory, or has more than `MAX_PAGES`; ValueError where it is damaged.
    """
    pixels = 0
    with _drawing(data) as (child, drawn):
        for number in range(1, MAX_PAGES + 1):
            page = _next_page(child, drawn, number)
            if page is None:
                return
            pixels += page.shape[0] * page.shape[1]
            check_sum(number, pixels, DRAWN_PIXELS_A_BYTE * len(data))
            yield page
        if drawn.readline() != pdf_drawing.END:
            raise UnreadableImageError(f"only the first {MAX_PAGES} pages were read")


@contextmanager
def _drawing(data: bytes) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """Start the process that draws, and end it whatever it does."""
    # -P: what lies beside the program must not stand in for a library of that name.
    command = [sys.executable, "-P", str(Path(pdf_drawing.__file__))]
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603 - our own program, and no shell
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, creationflags=_FLAGS
    ) as child:
        try:
            with suppress(OSError), cast("IO[bytes]", child.stdin) as file:  # where it died
                file.write(data)
            yield child, cast("IO[bytes]", child.stdout)
        finally:
            child.kill()


def _next_page(
    child: subprocess.Popen[bytes], drawn: IO[bytes], number: int
) -> NDArray[np.uint8] | None:
    """Take one page from the process; None after the last."""
    head = drawn.readline()
    if head == pdf_drawing.END:
        return None
    if head == pdf_drawing.PROTECTED:
        raise UnreadableImageError("the PDF is protected by a password", "save a copy without it")
    if not head:
        if child.wait() == 1:  # it raised
            raise ValueError("PDFium cannot draw it")
        raise UnreadableImageError(f"page {number} asks for too much time or memory")
    width, height, stride = map(int, head.split())
    rows = np.frombuffer(drawn.read(height * stride), np.uint8).reshape(height, stride)
    pixels = rows[:, : 3 * width].reshape(height, width, 3)
    pixels.setflags(write=False)
    return pixels
