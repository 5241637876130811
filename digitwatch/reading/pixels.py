"""From a decoded picture to its pixels: upright RGB of 8 bits, with nothing transparent left.

A large picture is taken some rows at a time: no second copy of it is made on the way, and what a
strip needs stays in the processor's cache.
"""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

STRIP = 1_000_000  # pixels that are taken at a time
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What makes a picture of that EXIF orientation upright."""
LAST_ROW_FIRST, ROWS_TO_COLUMNS = (3, 4, 6, 7), (5, 6, 7, 8)

_Conversion = Callable[[Image.Image], NDArray[np.uint8]]


def to_pixels(image: Image.Image, orientation: int = 1) -> NDArray[np.uint8]:
    """Return the pixels of a picture of any mode, (height, width, 3) uint8 RGB, read-only.

    The channels of a grey picture share their memory. `orientation` is that of EXIF.
    """
    convert, channels = _conversion(image)
    if orientation not in TURNS and image.width * image.height <= STRIP:
        pixels = convert(image)
    else:
        pixels = _in_strips(image, convert, channels, orientation)
    if not channels:
        return np.broadcast_to(pixels[:, :, np.newaxis], (*pixels.shape, 3))
    pixels.setflags(write=False)
    return pixels


def _conversion(image: Image.Image) -> tuple[_Conversion, tuple[int, ...]]:
    """Choose what makes a strip 8 bits of grey, (height, width), or of RGB, (height, width, 3)."""
    if image.mode[0] in "IF":
        return _to_8_bits(image), ()
    if image.has_transparency_data:
        return _composite(image), (3,)
    if image.mode in ("1", "L"):
        return lambda strip: np.asarray(_in_mode("L", strip)), ()
    if image.mode == "RGB" and _is_grey(image):
        return lambda strip: np.asarray(strip.getchannel(0)), ()
    return lambda strip: np.asarray(_in_mode("RGB", strip)), (3,)


def _is_grey(image: Image.Image) -> bool:
    """Tell whether red, green and blue are the same: most drawings are black on white.

    To find out takes less time than to work on with three channels; a few pixels show most colours.
    """
    few = image.resize((64, 64), Image.Resampling.NEAREST)
    return _are_alike(few) and all(_are_alike(strip) for _, strip in _strips(image))


def _are_alike(image: Image.Image) -> bool:
    red, green, blue = (channel.tobytes() for channel in image.split())
    return red == green == blue


def _in_strips(
    image: Image.Image, convert: _Conversion, channels: tuple[int, ...], orientation: int
) -> NDArray[np.uint8]:
    """Put each strip where it belongs in the upright picture, turned."""
    turn, columns = TURNS.get(orientation), orientation in ROWS_TO_COLUMNS
    shape = image.size if columns else image.size[::-1]
    pixels = np.empty((*shape, *channels), np.uint8)
    for top, strip in _strips(image):
        first = top
        if orientation in LAST_ROW_FIRST:
            first = image.height - top - strip.height
        place = slice(first, first + strip.height)
        upright = strip if turn is None else strip.transpose(turn)
        pixels[(slice(None), place) if columns else place] = convert(upright)
    return pixels


def _strips(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """Yield the rows in which each strip begins, and the strip."""
    if image.width * image.height <= STRIP:
        yield 0, image
        return
    rows = max(1, STRIP // image.width)
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _in_mode(mode: str, image: Image.Image) -> Image.Image:
    return image if image.mode == mode else image.convert(mode)


def _to_8_bits(image: Image.Image) -> _Conversion:
    """Scale by the brightest value: 12 bits are often stored in 16, and floats end at 1 or 255."""
    brightest = max(float(_numbers(strip).max()) for _, strip in _strips(image))
    scale = np.float32(255.0 / max(brightest, 1e-6))

    def scaled(strip: Image.Image) -> NDArray[np.uint8]:
        light: NDArray[np.float32] = np.multiply(_numbers(strip), scale, dtype=np.float32)
        return light.clip(min=0.0, out=light).astype(np.uint8)

    return scaled


def _numbers(image: Image.Image) -> NDArray[np.generic]:
    values = np.asarray(image)
    if image.mode == "F":
        values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    return values


def _composite(image: Image.Image) -> _Conversion:
    """Lay the picture on the paper that its opaque pixels ask for."""
    alphas = (_in_mode("RGBA", strip).getchannel("A") for _, strip in _strips(image))
    extrema = [alpha.getextrema() for alpha in alphas]
    lowest, highest = int(np.min(extrema)), int(np.max(extrema))
    if lowest == 255:
        return lambda strip: np.asarray(_in_mode("RGBA", strip))[:, :, :3]
    paper = _paper(image, max(1, highest // 2))

    def lay(strip: Image.Image) -> NDArray[np.uint8]:
        sheet = Image.new("RGB", strip.size, paper)
        strip = _in_mode("RGBA", strip)
        sheet.paste(strip, mask=strip)
        return np.asarray(sheet)

    return lay


def _paper(image: Image.Image, least: int) -> tuple[int, ...]:
    """Return the colour of the paper below a picture that is opaque where alpha is `least` or more.

    Where strokes were drawn on a transparent canvas that is white, or black when the strokes are
    light. Where the paper is painted too and only its margin is transparent, the paper's colour.
    """
    brightness = np.sum([_brightness(strip, least) for _, strip in _strips(image)], axis=0)
    if not brightness.any():
        return WHITE
    low, middle, high = (_quantile(brightness, share) / 3 for share in (0.02, 0.5, 0.98))
    if brightness.sum() > image.width * image.height // 2 and high - low > 64:
        colours = np.sum([_colours(strip, least) for _, strip in _strips(image)], axis=0)
        return tuple(round(_quantile(counts, 0.5)) for counts in colours)
    return BLACK if middle > 127 else WHITE


def _brightness(image: Image.Image, least: int) -> NDArray[np.int64]:
    """Count the sums of red, green and blue, (766,), where alpha is so high."""
    red, green, blue, alpha = (np.asarray(channel) for channel in _in_mode("RGBA", image).split())
    sums = red.astype(np.uint16) + green + blue
    return np.bincount(sums[alpha >= least], minlength=3 * 255 + 1)


def _colours(image: Image.Image, least: int) -> NDArray[np.int64]:
    """Count red, green and blue, (3, 256), where alpha is so high."""
    *colours, alpha = _in_mode("RGBA", image).split()
    opaque = alpha.point([255 * (level >= least) for level in range(256)])
    return np.array([colour.histogram(opaque) for colour in colours])


def _quantile(counts: NDArray[np.int64], share: float) -> float:
    """Return what that share of the values counted is below, linear between two of them."""
    rank = share * (int(counts.sum()) - 1)
    below, above = np.searchsorted(counts.cumsum(), (int(rank), int(np.ceil(rank))), side="right")
    return float(below + (above - below) * (rank % 1))
