"""Where a picture's bytes end, as its own format says it: each tells whether they all are there.

An IndexError or a struct.error says no too: a length or a type lies beyond the bytes.
"""

import struct


def png_has_end(data: bytes) -> bool:
    """Follow the chunks to the one that is the last."""
    position = 8
    while data[position + 4 : position + 8] != b"IEND":
        position += 12 + struct.unpack_from(">I", data, position)[0]
    return len(data) >= position + 12


def jpeg_has_end(data: bytes) -> bool:
    """Follow the segments to the scan: before it, an embedded preview may have an end."""
    position = 2
    while data[position + 1] != 0xDA:
        position += 2 + struct.unpack_from(">H", data, position + 2)[0]
    return data.find(b"\xff\xd9", position) >= 0


def gif_has_end(data: bytes) -> bool:
    """Follow the blocks to the trailer."""
    position = 13 + _gif_palette_size(data[10])
    while data[position] != 0x3B:
        if data[position] == 0x2C:
            position += 11 + _gif_palette_size(data[position + 9])
        else:
            position += 2
        while data[position]:
            position += 1 + data[position]
        position += 1
    return True


def _gif_palette_size(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def webp_has_end(data: bytes) -> bool:
    """Compare with the length that the first bytes tell."""
    size: int = struct.unpack_from("<I", data, 4)[0]
    return len(data) >= 8 + size


def heif_has_end(data: bytes) -> bool:
    """Follow the boxes until the two that make a picture are there; phones append their own.

    A box of the length 0 goes on to the end of the file, wherever that will be.
    """
    position, missing = 0, {b"meta", b"mdat"}
    while missing:
        size, kind = struct.unpack_from(">I4s", data, position)
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, position + 8)
        if size < 8:
            return False
        missing.discard(kind)
        position += size
    return len(data) >= position


def pdf_has_end(data: bytes) -> bool:
    """Look for the mark at the end, which some writers follow with a few bytes of their own."""
    return b"%%EOF" in data[-1024:]
