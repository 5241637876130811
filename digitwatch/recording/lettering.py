"""Words in a picture, in the one font that Pillow brings along."""

import unicodedata
from bisect import bisect_left
from functools import lru_cache

from PIL import ImageFont

LONGEST = 400
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


def plain(text: str) -> str:
    """Write the text in the letters that the font has: é as e, and 字 as a dot."""
    return "".join(
        letter if " " <= letter <= "~" else "·"
        for letter in unicodedata.normalize("NFKD", text[:LONGEST])
        if not unicodedata.combining(letter)
    )


def fit(text: str, size: int, width: float) -> str:
    """Cut the text to one line of `width` pixels.

    The middle is left out: a file's name ends in its number and its suffix.
    """
    line = plain(text)
    if font(size).getlength(line) <= width:
        return line

    def shortened(kept: int) -> str:
        return f"{line[: (kept + 1) // 2]}…{line[len(line) - kept // 2 :]}"

    too_many = bisect_left(
        range(len(line)), True, key=lambda kept: font(size).getlength(shortened(kept)) > width
    )
    return shortened(max(too_many - 1, 0))


def wrap(text: str, size: int, width: float, lines: int) -> list[str]:
    """Break the text into at most `lines` lines of `width` pixels; the last one is cut to fit."""
    rows: list[str] = []
    for word in plain(text).split():
        longer = f"{rows[-1]} {word}" if rows else word
        if rows and font(size).getlength(longer) <= width:
            rows[-1] = longer
        else:
            rows.append(word)
    rows[lines - 1 :] = [" ".join(rows[lines - 1 :])]
    return [fit(row, size, width) for row in rows if row]
