"""A maker of pages of digits by rule: lines of numbers on all sorts of paper, scanned or taken."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from digitwatch.learning.synthesis import CALM_BEND, draw_mask

DrawDigit = Callable[[int, np.random.Generator], NDArray[np.bool_]]
Colour = tuple[int, int, int]

PEN, PENCIL = (25, 25, 60), (120, 120, 120)
GREY_RULE, BLUE_RULE, BLACK_RULE = (150, 150, 150), (130, 160, 215), (40, 40, 40)


def by_rule(digit: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Draw a digit in one of the usual ways of writing it, with a pen of usual thickness."""
    while True:
        mask = draw_mask(digit, int(rng.integers(20)), rng, CALM_BEND)
        if mask.mean() < 0.45 or digit == 1:
            return mask


@dataclass(frozen=True)
class Sheet:
    """How a page is written, what is printed on it, and how it became a picture.

    Lengths are pixels, or digit heights where nothing else is said.
    """

    height: float = 60.0
    """Of a digit, in pixels."""
    uneven: float = 0.06
    """Sigma of the digits' heights and of where they stand, of a digit's height."""
    gap: float = 0.35
    """Between two digits."""
    touching: float = 0.0
    """Share of the digits that touch the one before."""
    pitch: float = 2.0
    """From line to line."""
    indent: Sequence[float] = (0.0,)
    """Of each line, round again."""
    margin: float = 1.5
    colour: Colour = PEN
    rules: str = ""
    """Any of: lines, squares, boxes (one a digit), combs, frames (one a number), margin."""
    rule: Colour = GREY_RULE
    rule_width: int = 2
    specks: int = 0
    holes: int = 0
    commas: bool = False
    skew: float = 0.0
    """Degrees by which the page is turned, counter-clockwise."""
    shadow: float = 0.0
    """Of the light, which is lost where it is darkest."""
    grain: float = 0.0
    """Sigma of the noise, of 255."""
    desk: bool = False
    """Whether the paper lies on a dark desk that is in the picture."""
    enlarged: float = 1.0
    """The picture's size when all is drawn."""
    jpeg: int = 0
    """Quality; 0 for none."""
    draw: DrawDigit = field(default=by_rule)


def numbers(rng: np.random.Generator, lines: int = 5, digits: int = 8) -> list[str]:
    """Return lines of random digits."""
    return ["".join(map(str, rng.integers(0, 10, digits))) for _ in range(lines)]


def make(lines: Sequence[str], sheet: Sheet, seed: int = 0) -> NDArray[np.uint8]:
    """Return the picture of a page with these lines, (height, width, 3) uint8.

    A space in a line leaves a wider gap.
    """
    rng = np.random.default_rng(seed)
    places = _written(lines, sheet, rng)
    size = _size(lines, places, sheet)
    printed = _printed(lines, places, size, sheet)
    ink = Image.new("L", size)
    for mask, left, top, _ in places:
        ink.paste(255, (round(left), round(top)), Image.fromarray(mask))
    if sheet.commas:
        _add_commas(ink, places, sheet)
    page = Image.composite(Image.new("RGB", size, sheet.colour), printed, ink)
    _dirty(page, sheet, rng)
    return _taken(page, sheet, rng)


Place = tuple[NDArray[np.bool_], float, float, int]
"""Of a digit: its ink, left, top, and which line it is on."""


def _written(lines: Sequence[str], sheet: Sheet, rng: np.random.Generator) -> list[Place]:
    places: list[Place] = []
    for number, line in enumerate(lines):
        left = (sheet.margin + sheet.indent[number % len(sheet.indent)]) * sheet.height
        foot = (sheet.margin + 1 + number * sheet.pitch) * sheet.height
        for character in line:
            if character == " ":
                left += 2 * sheet.height
                continue
            mask = _scaled(sheet.draw(int(character), rng), sheet, rng)
            if rng.random() < sheet.touching and places and places[-1][3] == number:
                left = _touching(places[-1], mask, foot - len(mask))
            sunk = rng.normal(0, sheet.uneven) * sheet.height
            top = foot + sunk - len(mask)
            # A narrow digit has the room of a wide one in a form's boxes, and elsewhere its own.
            width = 0.8 * sheet.height if "boxes" in sheet.rules or "combs" in sheet.rules else 0
            aside = max(0.0, width - mask.shape[1]) / 2
            places.append((mask, left + aside, top, number))
            left += max(width, mask.shape[1]) + sheet.gap * sheet.height
    return places


def _touching(before: Place, mask: NDArray[np.bool_], top: float) -> float:
    """Give where a digit must begin so that it runs a little into the one before."""
    other, left, other_top, _ = before
    for at in range(other.shape[1], 0, -1):
        overlap = _overlap(other, mask, at, round(top - other_top))
        if overlap > 3:
            return left + at
    return float(left + other.shape[1])


def _overlap(one: NDArray[np.bool_], other: NDArray[np.bool_], right: int, down: int) -> int:
    """Count the pixels that both have, the other moved so far."""
    height, width = max(len(one), down + len(other)) + abs(down), right + other.shape[1]
    both = np.zeros((2, height, max(width, one.shape[1])), np.bool_)
    both[0, max(0, -down) : max(0, -down) + len(one), : one.shape[1]] = one
    both[1, max(0, down) : max(0, down) + len(other), right : right + other.shape[1]] = other
    return int(both.all(axis=0).sum())


def _scaled(mask: NDArray[np.bool_], sheet: Sheet, rng: np.random.Generator) -> NDArray[np.bool_]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    mask = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    height = sheet.height * float(np.exp(rng.normal(0, sheet.uneven)))
    width = max(3.0, mask.shape[1] * height / len(mask))
    picture = Image.fromarray(mask.astype(np.uint8) * 255)
    small = picture.resize((round(width), round(height)), Image.Resampling.BOX)
    return np.asarray(small) > 64


def _size(lines: Sequence[str], places: Sequence[Place], sheet: Sheet) -> tuple[int, int]:
    right = max(left + mask.shape[1] for mask, left, _, _ in places)
    width = right + sheet.margin * sheet.height
    height = (2 * sheet.margin + 1 + (len(lines) - 1) * sheet.pitch) * sheet.height
    return round(width), round(height)


def _printed(
    lines: Sequence[str], places: Sequence[Place], size: tuple[int, int], sheet: Sheet
) -> Image.Image:
    page = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(page)
    feet = [(sheet.margin + 1 + n * sheet.pitch) * sheet.height for n in range(-2, len(lines) + 2)]
    if "lines" in sheet.rules:
        for foot in feet:
            draw.line((0, foot, size[0], foot), sheet.rule, sheet.rule_width)
    if "squares" in sheet.rules:
        step = sheet.height * 0.9
        for at in np.arange(0.3 * step, max(size), step):
            draw.line((0, at, size[0], at), sheet.rule, sheet.rule_width)
            draw.line((at, 0, at, size[1]), sheet.rule, sheet.rule_width)
    if "margin" in sheet.rules:
        at = 0.7 * sheet.margin * sheet.height
        draw.line((at, 0, at, size[1]), (200, 60, 60), sheet.rule_width)
    for number in range(len(lines)):
        _boxes(draw, [p for p in places if p[3] == number], sheet)
    return page


def _boxes(draw: ImageDraw.ImageDraw, line: Sequence[Place], sheet: Sheet) -> None:
    """Print boxes round the digits of a line, or one box round all of them."""
    unit = sheet.height
    foot = (sheet.margin + 1 + line[0][3] * sheet.pitch) * unit if line else 0
    edges = [left + mask.shape[1] / 2 for mask, left, _, _ in line]
    half = (0.8 + max(sheet.gap, 0.1)) * unit / 2
    for middle in edges:
        aside = half if "combs" in sheet.rules else half - 0.08 * unit
        if "boxes" in sheet.rules or "combs" in sheet.rules:
            box = (middle - aside, foot - 1.25 * unit, middle + aside, foot + 0.25 * unit)
            draw.rectangle(box, outline=sheet.rule, width=sheet.rule_width)
    if "frames" in sheet.rules and line:
        right = max(left + mask.shape[1] for mask, left, _, _ in line)
        box = (line[0][1] - 0.3 * unit, foot - 1.25 * unit, right + 0.3 * unit, foot + 0.25 * unit)
        draw.rectangle(box, outline=sheet.rule, width=sheet.rule_width)


def _add_commas(ink: Image.Image, places: Sequence[Place], sheet: Sheet) -> None:
    draw = ImageDraw.Draw(ink)
    for mask, left, top, _ in places[::3]:
        x, y = left + mask.shape[1] + 0.12 * sheet.height, top + len(mask)
        draw.line((x, y - 3, x - 0.06 * sheet.height, y + 0.15 * sheet.height), 255, 4)


def _dirty(page: Image.Image, sheet: Sheet, rng: np.random.Generator) -> None:
    draw = ImageDraw.Draw(page)
    for x, y in rng.random((sheet.specks, 2)) * page.size:
        radius = rng.uniform(0.01, 0.06) * sheet.height
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=sheet.colour)
    radius = 0.35 * sheet.height
    for number in range(sheet.holes):
        y = (number + 0.5) / sheet.holes * page.height
        x = 0.7 * sheet.height
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(60, 60, 60))


def _taken(page: Image.Image, sheet: Sheet, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Turn the page, light it, and save it as a scanner or a phone would."""
    surface = (70, 55, 45) if sheet.desk else (255, 255, 255)
    if sheet.desk:
        desk = Image.new("RGB", (page.width * 5 // 4, page.height * 5 // 4), surface)
        desk.paste(page, (page.width // 8, page.height // 8))
        page = desk
    if sheet.skew:
        page = page.rotate(sheet.skew, Image.Resampling.BICUBIC, expand=True, fillcolor=surface)
    if sheet.enlarged != 1:
        size = (round(page.width * sheet.enlarged), round(page.height * sheet.enlarged))
        page = page.resize(size, Image.Resampling.BICUBIC)
    pixels = np.asarray(page)
    if sheet.shadow or sheet.grain:
        pixels = _lit(pixels, sheet, rng)
    if sheet.jpeg:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "JPEG", quality=sheet.jpeg)
        pixels = np.asarray(Image.open(file))
    return pixels


def _lit(pixels: NDArray[np.uint8], sheet: Sheet, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Let the light fall off to one corner, and a soft shadow lie over another."""
    height, width = pixels.shape[:2]
    x, y = np.linspace(0, 1, width, dtype=np.float32), np.linspace(0, 1, height, dtype=np.float32)
    fall = (x + y[:, np.newaxis]) / 2
    edge = 1 / (1 + np.exp(-(x - 0.3 - 0.4 * y[:, np.newaxis]) * 60))
    light = 0.95 * (1 - sheet.shadow * (0.5 * fall + 0.5 * (1 - edge)))
    grain = rng.normal(0, sheet.grain, (height, width)).astype(np.float32)
    lit: NDArray[np.float32] = pixels * light[:, :, np.newaxis] + grain[:, :, np.newaxis]
    return lit.clip(0, 255).astype(np.uint8)
