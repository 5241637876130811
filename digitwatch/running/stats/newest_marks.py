"""The newest marks, and whether they drifted: from what was learned, or from those before."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digitwatch.learning.data import NO_DIGIT
from digitwatch.learning.drift import (
    FEWEST,
    Marks,
    Shift,
    compare,
    fingerprint,
    from_manifest,
)
from digitwatch.learning.traits import CONFIDENCE, measure_drawn, measure_seen
from digitwatch.recording.bitmaps import unpack
from digitwatch.recording.record import Mark, Record

RECENT, EARLIER = 500, 2000
"""Marks that are compared, and the most before them that they are compared with."""


@dataclass(frozen=True)
class Seen:
    """A mark by the record that it is on, and its place there."""

    record: Record
    place: int

    @property
    def mark(self) -> Mark:
        """How it was read."""
        return self.record.marks[self.place]


@dataclass(frozen=True)
class Drift:
    """How the newest marks differ from others.

    Attributes:
        model: Id of the model that read them; empty where nothing was read.
        recent: How many they are.
        since: When the first of them was read; None where there is none.
        learned: How far each trait is from that of what the model was measured on; empty where
            `trouble` says why that cannot be told.
        trouble: In words that a person understands.
        earlier: How many marks the same model read before them, as far as they are compared.
        changed: How far each trait is from that of those; empty where they are too few.
    """

    model: str
    recent: int
    since: datetime | None
    learned: tuple[Shift, ...]
    trouble: str
    earlier: int
    changed: tuple[Shift, ...]


def is_less_sure(shifts: Sequence[Shift]) -> bool:
    """Whether the model is much less sure of the newest marks than of those beside."""
    return any(one.name == CONFIDENCE and one.is_large and not one.is_up for one in shifts)


def noting(records: Iterable[Record], newest: deque[Seen]) -> Iterator[Record]:
    """Hand the records on, and note the newest marks that one and the same model has read."""
    model = ""
    for record in records:
        if record.marks and record.model != model:
            model = record.model
            newest.clear()
        newest.extend(Seen(record, place) for place in range(len(record.marks)))
        yield record


def drift_of(
    newest: Sequence[Seen], ink: Mapping[str, bytes], entry: Mapping[str, Any] | None
) -> Drift:
    """Compare the newest marks with what was learned, and with those before them.

    Args:
        newest: By one model, the oldest first.
        ink: Of their records, by id, see `bitmaps`.
        entry: The manifest of the model that is there now, None where there is none.
    """
    count = how_many_are_recent(len(newest))
    earlier, recent = newest[: len(newest) - count], newest[len(newest) - count :]
    model = recent[0].record.model if recent else ""
    marks = _marks(recent, ink)
    trouble = why_not(count, model, entry)
    learned = from_manifest(entry.get("fingerprint")) if entry and not trouble else None
    return Drift(
        model=model,
        recent=count,
        since=recent[0].record.time if recent else None,
        learned=compare(learned, marks) if learned else (),
        trouble=trouble,
        earlier=len(earlier),
        changed=compare(fingerprint(_marks(earlier, ink)), marks) if earlier else (),
    )


def how_many_are_recent(count: int) -> int:
    """Of the newest marks, how many are compared with those before them.

    It is half of them at the most, but of few all: they are compared with what was learned.
    """
    return min(RECENT, count if count < 2 * FEWEST else count // 2)


def why_not(count: int, model: str, entry: Mapping[str, Any] | None) -> str:
    """Why so many marks that a model read cannot be compared with what it learned; or nothing."""
    if entry is None:
        return "there is no model here (digitwatch train makes one)"
    if from_manifest(entry.get("fingerprint")) is None:
        return "the model was made before that was kept (digitwatch train makes a new one)"
    if count and model != entry["id"]:
        return f"nothing was read yet by the model that is there now, {entry['id']}"
    if count < FEWEST:
        return f"there are {count} of the {FEWEST} marks that it takes"
    return ""


def _marks(seen: Sequence[Seen], ink: Mapping[str, bytes]) -> Marks:
    """Measure marks."""
    marks = [one.mark for one in seen]
    digits = [NO_DIGIT if mark.digit is None else mark.digit for mark in marks]
    boxes = np.array([mark.box for mark in marks], np.int64).reshape(-1, 4)
    grids = np.array([mark.grid for mark in marks]).reshape(-1, 8, 8)
    confidence = np.array([mark.confidence for mark in marks], np.float64)
    traits = measure_seen(grids, confidence) | measure_drawn(boxes, _masks(seen, ink))
    return Marks(np.array(digits, np.int64), traits)


def _masks(seen: Sequence[Seen], ink: Mapping[str, bytes]) -> list[NDArray[np.bool_] | None]:
    """The ink of each mark; None where the ledger does not have it."""
    pages: dict[str, list[NDArray[np.bool_]]] = {}
    for one in seen:
        if one.record.id not in pages:
            pages[one.record.id] = _unpacked(ink.get(one.record.id, b""))
    return [
        page[one.place] if one.place < len(page := pages[one.record.id]) else None for one in seen
    ]


def _unpacked(ink: bytes) -> list[NDArray[np.bool_]]:
    try:
        return unpack(ink)
    except ValueError:
        return []
