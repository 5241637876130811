"""Words in a picture: how long they are and where lines break, in the font that Pillow brings."""

import unicodedata
from bisect import bisect_left
from functools import lru_cache

from PIL import ImageFont

LONGEST = 800
"""Letters that are looked at: a note or a name may be of any length."""


@lru_cache(maxsize=16)
def font(size: int) -> ImageFont.FreeTypeFont:
    """Return Pillow's own font, `size` pixels high.

    Raises:
        TypeError: Pillow was built without FreeType, which none of its wheels is.
    """
    own = ImageFont.load_default(size)
    if not isinstance(own, ImageFont.FreeTypeFont):
        raise TypeError("Pillow was built without FreeType")
    return own


def length(text: str, size: int) -> int:
    """Measure a line of text in pixels."""
    return sum(_advance(letter, size) for letter in text)


@lru_cache(maxsize=1024)
def _advance(letter: str, size: int) -> int:
    return round(font(size).getlength(letter))


def plain(text: str) -> str:
    """Write the text in the letters that the font has: é as e, and 字 as a dot.

    The middle of a text that is too long is left out.
    """
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2]}...{text[-LONGEST // 2 :]}"
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        letter if " " <= letter <= "~" else "·"
        for letter in unicodedata.normalize("NFKD", text)
        if not unicodedata.combining(letter)
    )


def fit(text: str, size: int, width: float) -> str:
    """Cut the text to one line of `width` pixels.

    The middle is left out: a file's name ends in its number and its suffix.
    """
    line = plain(text)
    if length(line, size) <= width:
        return line

    def shortened(kept: int) -> str:
        return f"{line[: (kept + 1) // 2]}…{line[len(line) - kept // 2 :]}"

    too_many = bisect_left(
        range(len(line)), True, key=lambda kept: length(shortened(kept), size) > width
    )
    return shortened(max(too_many - 1, 0))


def wrap(text: str, size: int, width: float, lines: int) -> list[str]:
    """Break the text into at most `lines` lines of `width` pixels; the last one is cut to fit."""
    rows: list[str] = []
    used = 0
    for word in plain(text).split():
        added = length(f" {word}", size)
        if rows and used + added <= width:
            rows[-1] += f" {word}"
            used += added
        else:
            rows.append(word)
            used = length(word, size)
    rows[lines - 1 :] = [" ".join(rows[lines - 1 :])]
    return [fit(row, size, width) for row in rows if row]
