"""What a file may ask of the machine: beyond it, the file is refused with a sentence.

Up to it, the largest picture takes less than 1 GB and 5 s. Pages after the first must have bytes
of their own to show for their pixels: what is large but holds next to nothing is no scan, but a
bomb.
"""

import io

from PIL import ImageFile
from PIL.TiffImagePlugin import (
    BITSPERSAMPLE,
    STRIPBYTECOUNTS,
    STRIPOFFSETS,
    TILEBYTECOUNTS,
    TILELENGTH,
    TILEOFFSETS,
    TILEWIDTH,
    TiffImageFile,
)

from digitwatch.errors import UnreadableImageError

MAX_PAGES = 200
MAX_SIDE = 65_535  # JPEG and GIF have no numbers beyond it
MAX_PIXELS = 70_000_000  # A3 at 600 dpi
MAX_CLEAR_PIXELS = 50_000_000  # a canvas of 8000 x 6000, some of it transparent
MAX_COSTLY_PIXELS = 35_000_000  # A4 at 600 dpi
MAX_RLE_PIXELS = 10_000_000
MAX_SCANNED_PIXELS = 16 * MAX_PIXELS
PIXELS_A_BYTE = 500  # deflate makes 1000 of it where nothing is drawn; a scan has far less
BILEVEL_PIXELS_A_BYTE = 8_000  # so an A4 page at 300 dpi, empty or not, may have 1.1 kB
PAGES_A_PAGE = 4  # that the bytes of one page are good for
DRAWN_PIXELS_A_BYTE = 20_000  # so a page of a PDF, which may be a few strokes, may have 0.4 kB
FREE_PIXELS = 10_000_000  # of a file's pages after the first, for which nothing is asked
MAX_READS = 4_000_000
MAX_STRIPS = 750_000  # of one row each, 200 pages of A4 at 300 dpi


class CountedBytes(io.BytesIO):
    """The bytes of a file, for a parser that must not lose itself in them.

    Pillow looks for the next thing that it knows byte by byte, or gathers comments of one letter.
    """

    reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Raise UnreadableImageError where so many pieces were read that there is no end to it."""
        self.reads += 1
        if self.reads > MAX_READS:
            raise UnreadableImageError("the picture is damaged: it is in too many pieces")
        return super().read(size)


class Tiff(TiffImageFile):
    """A TIFF whose strips and tiles are counted before Pillow makes objects of them."""

    strips = 0

    def _setup(self) -> None:
        # To ask for the offsets themselves would make objects of them.
        offsets = self.tag_v2._tagdata  # noqa: SLF001
        self.strips += max(len(offsets.get(tag, b"")) // 4 for tag in (STRIPOFFSETS, TILEOFFSETS))
        if self.strips > MAX_STRIPS:
            raise UnreadableImageError("the picture is damaged: it is in too many pieces")
        super()._setup()


class Account:
    """What the pages of a file have to show for their pixels."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._pixels = 0
        self._shown = 0
        self._marks = bytearray(size // 16 + 1)

    def add(self, frame: ImageFile.ImageFile, number: int) -> None:
        """Raise UnreadableImageError where the pages up to this one are too large for their bytes.

        Pages of a TIFF may share their bytes: each has what no page before it had. What one has too
        much makes good for a few others, as the empty backs of written sheets.
        """
        pixels = frame.width * frame.height
        self._pixels += pixels
        a_byte = BILEVEL_PIXELS_A_BYTE if frame.mode == "1" else PIXELS_A_BYTE
        if isinstance(frame, TiffImageFile):
            self._shown += min(a_byte * self._new_bytes(frame), PAGES_A_PAGE * pixels)
        else:
            self._shown = a_byte * self._size
        check_sum(number, self._pixels, self._shown)

    def _new_bytes(self, frame: TiffImageFile) -> int:
        """Mark the bytes of the page, 16 at a time, and count those that had no mark."""
        new = 0
        for kind in ((STRIPOFFSETS, STRIPBYTECOUNTS), (TILEOFFSETS, TILEBYTECOUNTS)):
            for offset, length in zip(*(frame.tag_v2.get(tag, ()) for tag in kind), strict=False):
                start, end = offset // 16, min(offset + length, self._size) // 16
                if start < end:
                    new += end - start - self._marks.count(1, start, end)
                    self._marks[start:end] = b"\1" * (end - start)
        return 16 * new


def check_size(frame: ImageFile.ImageFile, number: int) -> None:
    """Raise UnreadableImageError where page `number` is larger than what is read."""
    check_extent(_extent(frame), _most_pixels(frame), number)


def check_extent(size: tuple[int, int], most: int, number: int) -> None:
    """Raise UnreadableImageError where page `number`, (width, height), has too many pixels."""
    width, height = size
    if max(width, height) > MAX_SIDE:
        limit = f"{MAX_SIDE} a side"
    elif width * height > most:
        limit = f"{most // 1_000_000} million"
    else:
        return
    which = f"page {number} is " if number > 1 else ""
    raise UnreadableImageError(
        f"{which}too large: {width} x {height} pixels, at most {limit} are read"
    )


def check_scans(frame: ImageFile.ImageFile, data: bytes) -> None:
    """Raise UnreadableImageError where a JPEG goes over its pixels too many times.

    A scan that changes nothing has a few bytes, and takes as long as any other.
    """
    scans = data.count(b"\xff\xda")
    if frame.format == "JPEG" and scans * frame.width * frame.height > MAX_SCANNED_PIXELS:
        raise UnreadableImageError(f"the picture is damaged: it has {scans} scans")


def check_sum(number: int, pixels: int, shown: int) -> None:
    """Raise UnreadableImageError where the pages up to page `number` are too large for their file.

    `pixels` is what they have together, and `shown` what their bytes are good for.
    """
    if number > 1 and pixels > FREE_PIXELS + shown:
        raise UnreadableImageError(
            f"nothing was read from page {number} on: "
            "pages so large do not fit into a file so small"
        )


def _extent(frame: ImageFile.ImageFile) -> tuple[int, int]:
    """Return the width and height, of the picture or of the tiles that it is kept in."""
    if not isinstance(frame, TiffImageFile):
        return frame.size
    tile = frame.tag_v2.get(TILEWIDTH, 0), frame.tag_v2.get(TILELENGTH, 0)
    return max(frame.width, tile[0]), max(frame.height, tile[1])


def _most_pixels(frame: ImageFile.ImageFile) -> int:
    """Return how many pixels are read of such a picture.

    Pillow unpacks the runs of a BMP in Python, and keeps up to five copies of a WebP, of an AVIF
    and of a frame of a GIF. The others take much memory or time too, and are not what a large scan
    is.
    """
    if any(tile.codec_name == "bmp_rle" for tile in frame.tile):
        return MAX_RLE_PIXELS
    is_costly = (
        frame.format in ("AVIF", "GIF", "WEBP")
        or frame.mode in ("CMYK", "LAB", "F", "I")
        or (isinstance(frame, TiffImageFile) and _is_costly(frame))
    )
    if is_costly:
        return MAX_COSTLY_PIXELS
    return MAX_CLEAR_PIXELS if frame.has_transparency_data else MAX_PIXELS


def _is_costly(frame: TiffImageFile) -> bool:
    """Tell of a TIFF whether it has 16 bits a colour, or a JPEG inside that may have many scans."""
    is_deep = frame.mode == "RGB" and max(frame.tag_v2.get(BITSPERSAMPLE, (1,))) > 8
    return is_deep or frame.info["compression"] in ("jpeg", "tiff_jpeg")
