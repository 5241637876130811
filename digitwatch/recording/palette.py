"""The few colours of a picture, and what is drawn and written in them."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageColor, ImageDraw

from digitwatch.recording.lettering import font, length

GREYS, SHADES = 64, 12
"""From black to white, and from the ground of a letter to its ink."""

OVERHANG = 2
"""Pixels that a letter may reach into its neighbours on each side."""


@dataclass(frozen=True)
class Pen:
    """How words are written: pixels high, in an ink on an even ground, and how much bolder."""

    size: int
    ink: str
    ground: str
    bolder: float = 0

    @property
    def step(self) -> int:
        """From one line to the next, in pixels."""
        return round(1.3 * self.size)


@dataclass(frozen=True, eq=False)
class Palette:
    """The colours of a canvas of mode P, and what is drawn in them; an RGB canvas takes it too.

    To look through a finished canvas for its colours would take longer than to draw it.

    Attributes:
        inks: Pairs of a ground and an ink; the edges of letters need the shades between.
        other: A colour that is neither.
    """

    inks: tuple[tuple[str, str], ...]
    other: str

    @cached_property
    def colours(self) -> bytes:
        """Red, green, blue of each in turn: the greys, the shades from ground to ink, the other."""
        steps = np.linspace(0, 1, SHADES)[:, np.newaxis]
        pairs = [np.array([ImageColor.getrgb(colour) for colour in pair]) for pair in self.inks]
        rgb = [
            np.linspace(0, 255, GREYS)[:, np.newaxis].repeat(3, axis=1),
            *(ground + steps * (ink - ground) for ground, ink in pairs),
            np.array([ImageColor.getrgb(self.other)]),
        ]
        return bytes(np.rint(np.concatenate(rgb)).astype(np.uint8))

    @cached_property
    def places(self) -> dict[str, int]:
        """Where each ground, each ink, and the other colour stands among the colours."""
        pairs = {pair: GREYS + SHADES * number for number, pair in enumerate(self.inks)}
        grounds = {ground: first for (ground, _), first in pairs.items()}
        inks = {ink: first + SHADES - 1 for (_, ink), first in pairs.items()}
        return {**grounds, **inks, self.other: len(self.colours) // 3 - 1}

    def canvas(self, size: tuple[int, int], colour: str) -> Image.Image:
        """Return an empty picture of mode P."""
        canvas = Image.new("P", size, self.places[colour])
        canvas.putpalette(self.colours)
        return canvas

    def ink(self, canvas: Image.Image, colour: str) -> str | int:
        """Return a colour as ImageDraw takes it without searching for it in a palette."""
        return self.places[colour] if canvas.mode == "P" else colour

    def adapted(self, canvas: Image.Image, picture: Image.Image) -> Image.Image:
        """Return a picture, L or RGB, as it can be pasted on the canvas.

        The colours of an RGB picture take the rest of the canvas's palette: there can be one.
        """
        if canvas.mode != "P":
            return picture
        if picture.mode == "L":
            return self._picture(np.asarray(picture) // (256 // GREYS))
        first = len(self.colours) // 3
        few = picture.quantize(256 - first, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        canvas.putpalette(self.colours + bytes(few.getpalette() or ()))
        return self._picture(np.asarray(few) + np.uint8(first))

    def stamp(self, mask: Image.Image, ink: str, ground: str) -> Image.Image:
        """Return a shape, 255 on a mask of mode L, in its ink on its ground."""
        return self.coloured(_shades(mask), ink, ground)

    def coloured(self, shades: NDArray[np.uint8], ink: str, ground: str) -> Image.Image:
        """Return a picture of shades, from 0 for the ground to SHADES - 1 for the ink."""
        first = GREYS + SHADES * self.inks.index((ground, ink))
        return self._picture(shades + np.uint8(first))

    def write(
        self, canvas: Image.Image, place: tuple[int, int], text: str, pen: Pen, anchor: str = "l"
    ) -> None:
        """Write a line of text.

        Args:
            canvas: Of mode P or RGB, with the pen's ground at this place.
            place: x, and y of the line that letters stand on, in pixels.
            text: In letters that the font has.
            pen: Its ground and ink are one of the pairs.
            anchor: Whether x is the `l`eft end, the `m`iddle, or the `r`ight end of the text.
        """
        letters, mask = _written(self, text, pen)
        before = length(text, pen.size) * "lmr".index(anchor) // 2
        top = place[1] - font(pen.size).getmetrics()[0]
        canvas.paste(letters, (place[0] - before - OVERHANG, top), mask)

    def _picture(self, places: NDArray[np.uint8]) -> Image.Image:
        picture = Image.fromarray(places)
        picture.putpalette(self.colours)
        return picture


@lru_cache(maxsize=512)
def _written(palette: Palette, text: str, pen: Pen) -> tuple[Image.Image, Image.Image]:
    """Return a line of text in colour, and a mask of where it is not its ground.

    FreeType takes much longer over a letter than NumPy over its copy, so each is drawn once. The
    font kerns no pair of letters: they stand where FreeType would put them.
    """
    height = sum(font(pen.size).getmetrics())
    shades = np.zeros((height, length(text, pen.size) + 2 * OVERHANG), np.uint8)
    left = 0
    for letter in text:
        shape = _letter(letter, pen.size, pen.bolder)
        right = left + shape.shape[1]
        room = shades[:, left:right]
        np.maximum(room, shape, out=room)
        left = right - 2 * OVERHANG
    mask = Image.fromarray(np.where(shades, np.uint8(255), np.uint8(0)))
    return palette.coloured(shades, pen.ink, pen.ground), mask


@lru_cache(maxsize=1024)
def _letter(letter: str, size: int, bolder: float) -> NDArray[np.uint8]:
    """Return the shades of one letter, with OVERHANG on each side."""
    own = font(size)
    ascent, descent = own.getmetrics()
    canvas = Image.new("L", (length(letter, size) + 2 * OVERHANG, ascent + descent))
    draw = ImageDraw.Draw(canvas)
    draw.text((OVERHANG, ascent), letter, 255, own, anchor="ls", stroke_width=bolder)
    return _shades(canvas)


def _shades(mask: Image.Image) -> NDArray[np.uint8]:
    """Return a mask of mode L, 255 for ink, in shades."""
    return np.rint(np.asarray(mask) * ((SHADES - 1) / 255)).astype(np.uint8)
