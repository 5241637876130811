"""The pictures that Pillow reads: from a file's bytes to the pixels of its frames."""

import struct
from collections.abc import Callable, Iterator
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.TiffImagePlugin import TiffImageFile

from digitwatch.errors import UnreadableImageError
from digitwatch.reading.limits import MAX_PAGES, Account, CountedBytes, check_scans, check_size
from digitwatch.reading.pixels import to_pixels

Opener = Callable[[BytesIO], ImageFile.ImageFile]


def avif(file: BytesIO) -> ImageFile.ImageFile:
    """Open an AVIF. Its decoder is loaded only when one comes: it is rare."""
    from PIL.AvifImagePlugin import AvifImageFile  # noqa: PLC0415

    return AvifImageFile(file)


def frames_of(opener: Opener, data: bytes) -> Iterator[NDArray[np.uint8]]:
    """Yield the pixels of each frame, (height, width, 3) uint8 RGB, upright, read-only.

    Raises UnreadableImageError where it asks for more than `limits` gives, and whatever Pillow
    raises of damaged bytes.
    """
    image = opener(CountedBytes(data))
    if not isinstance(image, GifImageFile | TiffImageFile):
        pixels = _pixels_of(image, 1, Account(len(data)), data)
        del image  # it is as large as the pixels
        yield pixels
        return
    account = Account(len(data))
    for number in range(1, MAX_PAGES + 2):
        try:
            image.seek(number - 1)
        except EOFError:
            return
        if number > MAX_PAGES:
            raise UnreadableImageError(f"only the first {MAX_PAGES} pages were read")
        yield _pixels_of(image, number, account, data)


def _pixels_of(
    frame: ImageFile.ImageFile, number: int, account: Account, data: bytes
) -> NDArray[np.uint8]:
    check_size(frame, number)
    check_scans(frame, data)
    account.add(frame, number)
    frame.load()
    return to_pixels(frame, orientation_of(frame))


def orientation_of(frame: Image.Image) -> int:
    """How the camera was held; upright where what says so is damaged, for the pixels are not."""
    try:
        orientation: int = frame.getexif().get(ExifTags.Base.Orientation, 1)
    except (SyntaxError, ValueError, TypeError, LookupError, OSError, struct.error):
        return 1
    return orientation
