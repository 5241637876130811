"""Records for tests."""

from datetime import datetime
from typing import Any

from digitwatch.recording.outbox import Entry
from digitwatch.recording.record import Mark, Record

GRID = tuple(tuple(float(row + column) for column in range(8)) for row in range(8))


def make_mark(digit: int | None = 7, *, line: int = 0, confidence: float = 0.98) -> Mark:
    return Mark((10, 20, 110, 220), line, digit, confidence, 1, 0.01, GRID)


def make_record(id_: str = "kmtrs-bdfgh", **changes: Any) -> Record:
    fields: dict[str, Any] = {
        "id": id_,
        "time": datetime(2026, 11, 22, 13, 5, 9),
        "path": "/drawings/seven.png",
        "file": "seven.png",
        "sha256": "ab" * 32,
        "page": 1,
        "status": "ok",
        "note": "",
        "marks": (make_mark(),),
        "thumbnail": f"thumbnails/2026-11/seven_{id_}.png",
        "model": "m1234abcd",
    }
    return Record(**fields | changes)


def make_entry(*records: Record, original: bytes = b"") -> Entry:
    return Entry(records, [b"png"] * len(records), original)
