"""A folder: drawings are read many at once, through the same line as in the inbox."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from digitwatch.config import OUTPUT_FOLDERS
from digitwatch.errors import ConfigError, OutboxError
from digitwatch.recording.outbox import Outbox, Waiting
from digitwatch.recording.record import ERROR, Record
from digitwatch.running.drawings import CannotLoadError, Drawing, drawing_in, drawings_below
from digitwatch.running.job import read_file, record_failure
from digitwatch.running.reader import Reader

log = logging.getLogger(__name__)

FILES_BETWEEN_PROJECTIONS = 100


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

    @property
    def has_failures(self) -> bool:
        """Whether a file could not be read."""
        return self.pages[ERROR] > 0


def gather(paths: Sequence[Path], outbox: Path, *, recursive: bool) -> list[Drawing]:
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
    drawings = [drawing for path in paths for drawing in _drawings_of(path, ours, recursive)]
    return list({drawing.path: drawing for drawing in drawings}.values())


def _drawings_of(path: Path, ours: Sequence[Path], recursive: bool) -> Iterator[Drawing]:
    if not path.is_dir():
        folder = path.parent.resolve()
        yield drawing_in(folder, folder / path.name)
        return
    folder = path.resolve()
    for file in drawings_below(folder, recursive=recursive):
        if not any(file.is_relative_to(own) for own in ours):
            yield drawing_in(folder, file)


def classify(
    drawings: Sequence[Drawing],
    reader: Reader,
    outbox: Outbox,
    on_read: Callable[[Drawing, Sequence[Record]], None],
) -> Summary:
    """Read the drawings and keep what was read.

    Args:
        drawings: From `gather`.
        reader: Turns bytes into readings.
        outbox: Where the records go.
        on_read: Is told of each file when it is done; it gets no records of a file that is known.

    Raises:
        OutboxError: The outbox cannot be written to. What was read before is kept; the same call
            goes on where this one stopped.
    """
    summary = Summary()
    try:
        for count, drawing in enumerate(drawings, start=1):
            records = _read(drawing, reader, outbox)
            summary.files += 1
            summary.known += not records
            summary.pages.update(record.status for record in records)
            on_read(drawing, records)
            if count % FILES_BETWEEN_PROJECTIONS == 0:
                outbox.project()
    finally:
        summary.waiting = outbox.project()
    return summary


def _read(drawing: Drawing, reader: Reader, outbox: Outbox) -> list[Record]:
    try:
        return read_file(drawing, reader, outbox)
    except OutboxError:
        raise
    except CannotLoadError as error:
        return record_failure(drawing, str(error), outbox)
    except Exception as error:
        log.exception("%s could not be read", drawing.file)
        return record_failure(drawing, f"digitwatch failed on it ({error})", outbox)
