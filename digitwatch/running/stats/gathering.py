"""The statistics of an outbox: what was read, how right it is, and whether it has drifted."""

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

from digitwatch.learning.model_store import entry_of
from digitwatch.recording.ledger import Ledger
from digitwatch.recording.statistics import Right, Statistics, count
from digitwatch.running.stats.newest_marks import (
    EARLIER,
    RECENT,
    Drift,
    Seen,
    drift_of,
    is_less_sure,
    noting,
)


@dataclass(frozen=True)
class Stats:
    """What the command tells; `since` is the day from which on was counted, None for all."""

    statistics: Statistics
    drift: Drift
    since: date | None = None


def gather(ledger: Ledger, models: Path, since: date | None = None) -> Stats:
    """Go through all that was read, once.

    Args:
        ledger: Of the outbox.
        models: The folder of the model.
        since: Leaves out of the counts what was read before that day; the drift is always that of
            the newest marks.

    Raises:
        LedgerError: The ledger cannot be used.
    """
    newest: deque[Seen] = deque(maxlen=RECENT + EARLIER)
    statistics = count(noting(ledger.every_record(), newest), ledger.corrections.all(), since)
    ink = ledger.ink_of(list({one.record.id for one in newest}))
    return Stats(statistics, drift_of(list(newest), ink, entry_of(models)), since)


def nothing(models: Path) -> Stats:
    """Return the statistics of an outbox that has no ledger yet."""
    return Stats(count((), {}), drift_of((), {}, entry_of(models)))


def as_json(stats: Stats) -> str:
    """The statistics for programs."""
    counted, drift = stats.statistics, stats.drift
    values = {
        "since": stats.since,
        "first": counted.first,
        "last": counted.last,
        "files": counted.files,
        "pages": counted.pages,
        "digits": counted.digits,
        "no_digits": counted.others,
        "looked_at": _as_values(counted.looked_at),
        "by_model": _as_values(counted.by_model),
        "confusions": [asdict(one) for one in counted.confusions],
        "unmatched": counted.unmatched,
        "days": [
            {"date": day.date, "pages": day.pages, "review_share": day.review_share}
            for day in counted.days
        ],
        "drift": asdict(drift)
        | {"less_sure": is_less_sure(drift.learned) or is_less_sure(drift.changed)},
    }
    return json.dumps(values, indent=1, default=str)


def _as_values(rights: Mapping[str, Right]) -> dict[str, dict[str, object]]:
    return {
        name: {"right": one.right, "count": one.count, "interval": one.interval}
        for name, one in rights.items()
    }
