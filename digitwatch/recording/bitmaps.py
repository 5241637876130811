"""The ink of glyphs as bytes, so that a drawing may be learned from when its file is gone."""

import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SIZE = struct.Struct("<HH")
LEVEL = 1
"""Of compression: the usual 6 takes three times as long and saves a tenth."""


def pack(masks: Sequence[NDArray[np.bool_]]) -> bytes:
    """Pack bitmaps, each bool (h, w) with sides up to 65,535; none give no bytes."""
    if not masks:
        return b""
    parts = [_SIZE.pack(*mask.shape) + np.packbits(mask).tobytes() for mask in masks]
    return zlib.compress(b"".join(parts), LEVEL)


def unpack(data: bytes) -> list[NDArray[np.bool_]]:
    """Return the bitmaps that were packed, in their order.

    Raises:
        ValueError: The bytes are damaged.
    """
    try:
        content = zlib.decompress(data) if data else b""
        masks, place = [], 0
        while place < len(content):
            height, width = _SIZE.unpack_from(content, place)
            place += _SIZE.size
            size = height * width
            bits = np.frombuffer(content, np.uint8, -(-size // 8), place)
            masks.append(np.unpackbits(bits, count=size).reshape(height, width).view(np.bool_))
            place += len(bits)
    except (zlib.error, struct.error) as error:
        raise ValueError(f"the ink is damaged: {error}") from error
    return masks
