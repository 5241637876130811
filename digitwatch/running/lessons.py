"""What people say is right, as lessons: from the ledger, and from folders of labelled pictures."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digitwatch.errors import UnreadableImageError
from digitwatch.learning.data import NO_DIGIT
from digitwatch.learning.lessons import Lesson
from digitwatch.reading.image import decode
from digitwatch.recording.bitmaps import unpack
from digitwatch.recording.correction import Label, labels_of_lines
from digitwatch.recording.ledger import Ledger
from digitwatch.recording.record import Record
from digitwatch.running.drawings import CannotLoadError, Drawing, load
from digitwatch.running.evaluate import gather
from digitwatch.running.sight import find

log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]

NO_INK = "recorded without their ink by an earlier version"
OTHER_COUNT = "more digits or fewer were named than marks were read, so nobody knows which is which"
NOT_ASKED = "read surely on pages of which you were asked about others"
NOT_ONE = "there is not exactly one mark on them"
NO_LABEL = "their label cannot be told from their names and folders"


@dataclass(frozen=True)
class Gathered:
    """Lessons, and what none could be made of.

    Attributes:
        lessons: Those said last come last.
        left_out: Counts, by the reason in words.
        unreadable: Files that cannot be read, each with the reason.
    """

    lessons: Sequence[Lesson]
    left_out: Counter[str]
    unreadable: Sequence[str] = ()


def from_ledger(ledger: Ledger) -> Gathered:
    """The glyphs of all records of which a person said what is right, be it what was read.

    Raises:
        LedgerError: The ledger cannot be used.
    """
    said = sorted(ledger.corrections.all().values(), key=lambda one: one.time)
    said = [one for one in said if one.digits]
    records = ledger.records([one.id for one in said])
    ink = ledger.ink_of([one.id for one in said])
    lessons: list[Lesson] = []
    left_out: Counter[str] = Counter()
    for one in said:
        record = records.get(one.id)
        if record is None or not record.marks:
            continue  # there is nothing on it to learn from
        masks = _unpacked(ink[one.id])
        named = labels_of_lines(record.marks, one.digits)
        if len(masks) != len(record.marks):
            left_out[NO_INK] += len(record.marks)
            continue
        seen = {place: label for place, label in named.items() if one.is_about(place)}
        left_out[OTHER_COUNT] += len(record.marks) - len(named)
        left_out[NOT_ASKED] += len(named) - len(seen)
        lessons += [_lesson(record, place, masks[place], label) for place, label in seen.items()]
    return Gathered(lessons, +left_out)


def _unpacked(ink: bytes) -> Sequence[NDArray[np.bool_]]:
    try:
        return unpack(ink)
    except ValueError as error:
        log.warning("a record is left out: %s", error)
        return ()


def _lesson(record: Record, place: int, mask: NDArray[np.bool_], label: Label) -> Lesson:
    number = NO_DIGIT if label is None else label
    name = ", ".join(filter(None, (record.file, record.place_of(place))))
    return Lesson(mask, number, record.sha256, f"{name} ({record.id})")


def from_folder(folder: Path, layout: str, progress: Progress) -> Gathered:
    """The glyphs of labelled pictures, found as they are in every other picture.

    Args:
        folder: Searched with all folders inside it; see `learning.file_evaluation.label_of`.
        layout: `auto`, `single` or `page`.
        progress: Is told how many files are read, and of how many.

    Raises:
        ConfigError: There is no such folder, or no labelled picture in it.
    """
    labelled, skipped = gather(folder)
    lessons: list[Lesson] = []
    left_out = Counter({NO_LABEL: len(skipped)})
    unreadable: list[str] = []
    for count, (drawing, label) in enumerate(labelled, start=1):
        try:
            sha256, masks = _glyphs(drawing, layout)
        except (CannotLoadError, UnreadableImageError) as error:
            unreadable.append(f"{drawing.file}: {error}")
        except Exception as error:
            log.exception("%s could not be read", drawing.file)
            unreadable.append(f"{drawing.file}: digitwatch failed on it ({error})")
        else:
            if len(masks) == 1:
                lessons.append(Lesson(masks[0], label, sha256, drawing.file))
            else:
                left_out[NOT_ONE] += 1
        progress(count, len(labelled))
    return Gathered(lessons, +left_out, unreadable)


def _glyphs(drawing: Drawing, layout: str) -> tuple[str, Sequence[NDArray[np.bool_]]]:
    """The sha256 of a file, and the ink of all glyphs on its pages."""
    content = load(drawing.path)
    pages = (find(page.pixels, layout) for page in decode(content.data))
    return content.sha256, [glyph.mask for page in pages for glyph in page.glyphs]
