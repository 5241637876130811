"""The status: what a person wants to know of the watcher, from its own words and the ledger."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from digitwatch.recording.ledger_file import LedgerError
from digitwatch.recording.record import BLANK, ERROR, OK, REVIEW, one_line
from digitwatch.recording.tally import EMPTY, REVIEWED, Tally, tally
from digitwatch.running.activity import FAILED, STARTING, STOPPED, STOPPING, TRAINING
from digitwatch.running.instance import SILENT_SECONDS, is_running, last_status

MOST_FAILURES = 5
LEDGER = "digitwatch.db"


@dataclass(frozen=True)
class Status:
    """The state of the watcher of an outbox.

    Attributes:
        at: When it was looked at, in seconds since the epoch.
        running: Whether there was a watcher then.
        outbox: The folder.
        told: What it told last, see `Instance`; it may be of a watcher that is no more.
        today: What was read since midnight.
        trouble: Why the ledger could not be asked.
    """

    at: float
    running: bool
    outbox: Path
    told: Mapping[str, Any]
    today: Tally
    trouble: str = ""

    def seconds_since(self, name: str) -> float:
        """How long ago a moment was that the watcher told; 0 where it told none."""
        then = self.told.get(name)
        return max(0.0, self.at - then) if isinstance(then, int | float) else 0.0


def look(outbox: Path, now: float | None = None) -> Status:
    """Look at the watcher of `outbox`; quick, and without asking the watcher itself."""
    now = time.time() if now is None else now
    running = is_running(outbox)
    told = last_status(outbox)
    midnight = datetime.fromtimestamp(now).replace(hour=0, minute=0, second=0)  # noqa: DTZ006 - local, as in the CSV
    try:
        today, trouble = tally(outbox / LEDGER, midnight, MOST_FAILURES), ""
    except LedgerError as error:
        today, trouble = EMPTY, str(error)
    return Status(now, running, outbox, told, today, trouble)


def as_json(status: Status) -> str:
    """The status for programs."""
    values = asdict(status) | {"outbox": str(status.outbox), "told": dict(status.told)}
    return json.dumps(values, indent=1)


def as_text(status: Status) -> str:
    """The status for people."""
    return "\n".join([_headline(status), *_lines(status)])


def _headline(status: Status) -> str:
    told = status.told
    since = f"since {moment(told.get('since'))}"
    if status.running:
        doing = {
            TRAINING: "is training its model first; it runs",
            STARTING: "is starting",
            STOPPING: "finishes the drawing in hand and stops; it runs",
        }.get(told.get("state", ""), "is running")
        silence = status.seconds_since("heartbeat")
        mute = f"\nIt has told nothing for {period(silence)}." if silence > SILENT_SECONDS else ""
        return f"digitwatch {doing} {since} (process {told.get('pid', '?')}).{mute}"
    ended = moment(told.get("heartbeat"))
    if not told:
        return "digitwatch is not running here, and never was."
    if told.get("state") == STOPPED:
        return f"digitwatch is not running. It was stopped {ended}."
    if told.get("state") == FAILED:
        return f"digitwatch is not running. It ended {ended}: {one_line(str(told.get('error')))}"
    return (
        f"digitwatch is not running. It was killed, or the computer went off, after {ended}; "
        "nothing is lost."
    )


def _lines(status: Status) -> Iterator[str]:
    told = status.told
    yield _line("outbox", str(status.outbox))
    if told.get("inbox"):
        yield _line("inbox", str(told["inbox"]))
    if told.get("model"):
        yield _line("model", str(told["model"]))
    if status.running:
        yield from _lines_of_work(status)
    if status.today.rows_waiting:
        when = "" if status.running else ", until it is started again"
        yield _line("CSV", f"{_count(status.today.rows_waiting, 'row')} waiting{when}")
    for words in told.get("hindrances", {}).values() if status.running else ():
        yield _line("hindered", words)
    yield from _lines_of_today(status)
    if told.get("last_error"):
        yield _line("last error", str(told["last_error"]))
    if status.trouble:
        yield _line("ledger", status.trouble)


def _lines_of_work(status: Status) -> Iterator[str]:
    told = status.told
    if told.get("state") == TRAINING:
        yield _line("training", str(told.get("doing")))
        return
    if told.get("doing"):
        taken = period(status.seconds_since("doing_since"))
        yield _line("in hand", f"{told['doing']}, for {taken}")
    yield _line("waiting", _count(told.get("waiting", 0), "drawing"))
    for file, reason in told.get("held_up", ()):
        yield _line("", f"{file}: {reason}")
    if told.get("others"):
        yield _line("left alone", f"{_count(told['others'], 'file')} not named like a picture")


def _lines_of_today(status: Status) -> Iterator[str]:
    pages = status.today.pages
    words = {OK: "ok", REVIEW: "to review", BLANK: "blank", ERROR: "failed", REVIEWED: "reviewed"}
    parts = [f"{pages[name]} {word}" for name, word in words.items() if name in pages]
    detail = f": {', '.join(parts)}" if parts else ""
    yield _line("today", f"{_count(sum(pages.values()), 'page')} read{detail}")
    for failure in status.today.failures:
        clock = failure.time.split()[-1]
        yield _line("failed", f"{clock}  {failure.file}: {failure.note}")


def _line(name: str, words: str) -> str:
    return f"  {name:<12}{one_line(words)}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def moment(seconds: object) -> str:
    """A time for people: local, to the second; `?` where it is not known."""
    if not isinstance(seconds, int | float):
        return "?"
    return datetime.fromtimestamp(seconds).isoformat(sep=" ", timespec="seconds")  # noqa: DTZ006 - local


def period(seconds: float) -> str:
    """A length of time for people: `12 s`, `3 min`, `5 h`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{int(seconds / size)} {unit}"
    return f"{max(0, int(seconds))} s"
