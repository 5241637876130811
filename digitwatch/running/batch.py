"""A folder: drawings are read many at once, through the same line as in the inbox."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from digitwatch.config import OUTPUT_FOLDERS
from digitwatch.errors import ConfigError
from digitwatch.recording.outbox import Outbox, Waiting
from digitwatch.recording.record import ERROR, Record
from digitwatch.running.drawings import Drawing, drawing_in, drawings_below
from digitwatch.running.job import Job, Reading, jobs_for, keep
from digitwatch.running.workers import Workers

log = logging.getLogger(__name__)

MOST_AT_ONCE = 16
"""Files whose glyphs go through the classifier together."""
SECONDS_BETWEEN_PROJECTIONS = 1.0
OTHERS_SECONDS = 600.0
"""After which nobody is still writing a half-written file: it was left by a killed process."""


@dataclass
class Summary:
    """What became of the files of a batch.

    Attributes:
        files: How many were looked at.
        known: How many had been read before and are unchanged.
        pages: How many pages there are of each status.
        waiting: Rows that are not in the CSV yet, None where it has them all.
    """

    files: int = 0
    known: int = 0
    pages: Counter[str] = field(default_factory=Counter)
    waiting: Waiting | None = None

    def count(self, records: Sequence[Record]) -> None:
        """Count what became of one file."""
        self.files += 1
        self.known += not records
        self.pages.update(record.status for record in records)

    @property
    def has_failures(self) -> bool:
        """Whether a file could not be read."""
        return self.pages[ERROR] > 0


def gather(paths: Sequence[Path], outbox: Path, *, recursive: bool) -> "Gathered":
    """The drawings that these paths name: files as they are given, folders by what is in them.

    Args:
        paths: Files and folders.
        outbox: Its own folders are passed over when folders are looked through.
        recursive: Whether to look into folders inside the folders.

    Raises:
        ConfigError: A path does not exist.
    """
    missing = [str(path) for path in paths if not path.exists()]
    if missing:
        raise ConfigError(f"there is no {', '.join(missing)}", "give files or folders that exist")
    ours = [(outbox / folder).resolve() for folder in OUTPUT_FOLDERS]
    return Gathered(paths, ours, recursive)


@dataclass(frozen=True)
class Gathered:
    """Drawings that are looked for anew each time they are gone through: there may be many.

    Attributes:
        paths: Files and folders.
        passed_over: Folders that are not looked into.
        recursive: Whether to look into folders inside the folders.
        closed: Folders that cannot be looked into, each with the reason, as far as was gone.
    """

    paths: Sequence[Path]
    passed_over: Sequence[Path]
    recursive: bool
    closed: set[str] = field(default_factory=set)

    def __len__(self) -> int:
        return sum(1 for _ in self._files())

    def __iter__(self) -> Iterator[Drawing]:
        for folder, file in self._files():
            yield drawing_in(folder, file)

    def _files(self) -> Iterator[tuple[Path, Path]]:
        """Each file once, with the folder from which it is named."""
        several = len(self.paths) > 1
        seen: set[Path] = set()
        for path in self.paths:
            folder = (path if path.is_dir() else path.parent).resolve()
            for file in self._below(folder) if path.is_dir() else (folder / path.name,):
                if several and file in seen:
                    continue
                if several:
                    seen.add(file)
                yield folder, file

    def _below(self, folder: Path) -> Iterator[Path]:
        if any(folder.is_relative_to(own) for own in self.passed_over):
            return iter(())
        return drawings_below(
            folder,
            recursive=self.recursive,
            passed_over=self.passed_over,
            on_error=lambda error: self.closed.add(f"{error.filename}: {error.strerror}"),
        )


def classify(
    drawings: Iterable[Drawing],
    total: int,
    workers: Workers,
    outbox: Outbox,
    on_read: Callable[[Drawing, Sequence[Record]], None],
) -> Summary:
    """Read the drawings and keep what was read.

    Args:
        drawings: From `gather`.
        total: About how many they are.
        workers: Read jobs, here or elsewhere.
        outbox: Where the records go.
        on_read: Is told of each file when it is done; it gets no records of a file that is known.

    Raises:
        OutboxError: The outbox cannot be written to. What was read before is kept; the same call
            goes on where this one stopped.
    """
    summary = Summary()
    # A few files that take long, such as stacks of pages, are shared out one by one.
    at_once = min(MOST_AT_ONCE, total // (8 * workers.count) + 1)
    outbox.sweep(time.time() - OTHERS_SECONDS)
    projected = time.monotonic()
    try:
        for readings in workers.read(_groups(drawings, outbox, at_once), total):
            _log_faults(readings)
            for reading, records in zip(readings, keep(readings, outbox), strict=True):
                summary.count(records)
                on_read(reading.drawing, records)
            if time.monotonic() - projected > SECONDS_BETWEEN_PROJECTIONS:
                outbox.project()
                projected = time.monotonic()
    finally:
        summary.waiting = outbox.project()
    return summary


def _groups(drawings: Iterable[Drawing], outbox: Outbox, at_once: int) -> Iterator[list[Job]]:
    remaining = iter(drawings)
    while group := list(islice(remaining, at_once)):
        yield jobs_for(group, outbox)


def _log_faults(readings: Sequence[Reading]) -> None:
    for reading in readings:
        if reading.trace:
            log.error("%s could not be read\n%s", reading.drawing.file, reading.trace)
