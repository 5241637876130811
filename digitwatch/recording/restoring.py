"""A thumbnail that the disk lost is drawn again from what the ledger keeps."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitwatch.recording.bitmaps import unpack
from digitwatch.recording.ledger import Ledger
from digitwatch.recording.record import REVIEW, Mark, Record
from digitwatch.recording.thumbnail import render

UNWRITTEN_SECONDS = 60.0
"""For which a system may keep to itself what was written; Linux does for 35."""
MANY_WHOLE = 50
"""Thumbnails one after the other from which on all that are older are taken to be whole, too."""
INK, PAPER = 0, 255


def lost_thumbnails(ledger: Ledger, folder: Path) -> Iterator[Record]:
    """Yield the records whose thumbnails the disk did not have yet when the power went.

    They are among the newest: to look at a few tells mostly that there are none.

    Args:
        ledger: Of the outbox.
        folder: The outbox.

    Raises:
        LedgerError: The ledger cannot be used.
    """
    newest, whole = None, 0
    for record in ledger.newest_first():
        newest = newest or record.time
        if whole == MANY_WHOLE or (newest - record.time).total_seconds() > UNWRITTEN_SECONDS:
            return
        if not record.thumbnail or is_whole(folder / record.thumbnail):
            whole += 1
        else:
            whole = 0
            yield record


def is_whole(thumbnail: Path) -> bool:
    """Whether a thumbnail is there with all of its bytes, as their checksums tell."""
    try:
        with Image.open(thumbnail) as picture:
            picture.verify()
    except (OSError, SyntaxError):  # Pillow takes a false checksum for bad syntax
        return False
    return True


def drawn_again(record: Record, ink: bytes) -> bytes:
    """Draw the thumbnail of a record anew: the marks stand where they stood on paper that is white.

    Args:
        record: What was read.
        ink: That of its marks, see `bitmaps`; where there is none, their boxes are empty.

    Returns:
        A PNG, see `thumbnail.render`.
    """
    # Which marks were doubtful is not kept; the least sure one was, if any.
    sure = (record.confidence or 0) + 1 if record.status == REVIEW else 0
    return render(
        _page(record.marks, unpack(ink)) if record.marks else None,
        record.marks,
        record.status,
        record.digits,
        record.note,
        record.file,
        review_below=sure,
    )


def _page(marks: Sequence[Mark], masks: Sequence[NDArray[np.bool_]]) -> NDArray[np.uint8]:
    """Put the ink into its boxes, (height, width, 3); the margins are like those left and above."""
    lefts, tops, rights, bottoms = zip(*(mark.box for mark in marks), strict=True)
    page = np.full((max(bottoms) + min(tops), max(rights) + min(lefts)), PAPER, np.uint8)
    for mark, mask in zip(marks, masks, strict=False):
        left, top, right, bottom = mark.box
        drawn = Image.fromarray(np.where(mask, np.uint8(INK), np.uint8(PAPER)))
        fitting = drawn.resize((right - left, bottom - top), Image.Resampling.BILINEAR)
        box = page[top:bottom, left:right]
        np.minimum(box, np.asarray(fitting), out=box)
    return np.broadcast_to(page[:, :, np.newaxis], (*page.shape, 3))
