"""The pictures of a HEIC or HEIF file, as phones save them, decoded by libheif."""

from collections.abc import Iterator
from importlib import import_module
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitwatch.errors import UnreadableImageError
from digitwatch.reading.limits import (
    MAX_COSTLY_PIXELS,
    MAX_PAGES,
    PIXELS_A_BYTE,
    check_extent,
    check_sum,
)
from digitwatch.reading.pixels import to_pixels


def pictures_of(data: bytes) -> Iterator[NDArray[np.uint8]]:
    """Yield the pixels of each picture, (height, width, 3) uint8 RGB, upright, read-only.

    Raises UnreadableImageError where one asks for more than `limits` gives or where there are more
    than `MAX_PAGES`, and whatever libheif raises of damaged bytes.
    """
    file = import_module("pillow_heif").open_heif(BytesIO(data))
    pixels = 0
    for number in range(1, len(file) + 1):
        if number > MAX_PAGES:
            raise UnreadableImageError(f"only the first {MAX_PAGES} pages were read")
        width, height = file[number - 1].size
        check_extent((width, height), MAX_COSTLY_PIXELS, number)
        pixels += width * height
        check_sum(number, pixels, PIXELS_A_BYTE * len(data))
        yield _pixels_of(file[number - 1], data)


def _pixels_of(picture: Any, data: bytes) -> NDArray[np.uint8]:
    """Turn it by EXIF only where the format's own turns, which libheif obeys, are missing.

    The standard (ISO/IEC 23008-12) gives EXIF no say; programs that only copy it from a JPEG do.
    """
    is_turned = b"irot" in data or b"imir" in data or not picture.info["exif"]
    if is_turned and picture.mode == "RGB":
        return np.asarray(picture)  # without a copy
    image = picture.to_pillow()
    return to_pixels(image, 1 if is_turned else image.info["original_orientation"] or 1)
