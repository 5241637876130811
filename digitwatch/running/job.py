"""THE LINE: files to their records. Watching and batch work both go through here.

It has two halves. `read` needs nothing but the file and the reader, so that any process on any
machine can do it; `keep` needs the outbox, and is done by one.
"""

import traceback
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from digitwatch.reading.image import is_complete, missing_library
from digitwatch.recording.outbox import Entry, Outbox, thumbnail_name
from digitwatch.recording.record import ERROR, Record, record_id
from digitwatch.running.clock import Clock, local_time
from digitwatch.running.drawings import (
    NOTHING,
    CannotLoadError,
    Content,
    Drawing,
    HalfWrittenError,
    load,
)
from digitwatch.running.reader import File, PageReading, Reader, failed_page


@dataclass(frozen=True)
class Job:
    """A file to read.

    Attributes:
        drawing: Which.
        known: The sha256 of the bytes that were last read under its path; empty where none were.
        content: Its bytes; None where they have not been fetched yet.
        trouble: Why its bytes cannot be had; empty where they can.
    """

    drawing: Drawing
    known: str = ""
    content: Content | None = None
    trouble: str = ""

    @property
    def is_news(self) -> bool:
        """Whether it was fetched, and has bytes that were not read before."""
        return self.content is not None and self.content.sha256 != self.known

    @property
    def file(self) -> File:
        """What the reader needs of it, once it was fetched."""
        content = self.content or NOTHING
        return File(content.data, self.drawing.file)


@dataclass(frozen=True)
class Reading:
    """What was read in a file, before it is kept.

    Attributes:
        drawing: The file.
        content: Its bytes, left out where nobody needs them any more; and their sha256.
        pages: None where the bytes are those that were read last.
        trace: Where an error of ours came from; empty where there was none.
    """

    drawing: Drawing
    content: Content
    pages: Sequence[PageReading]
    trace: str = ""


def jobs_for(drawings: Sequence[Drawing], outbox: Outbox) -> list[Job]:
    """The jobs of these drawings, with what the ledger knows of them."""
    history = outbox.ledger.history([drawing.key for drawing in drawings])
    return [Job(drawing, _last_read(history.get(drawing.key, []))) for drawing in drawings]


def _last_read(past: Sequence[str]) -> str:
    """The newest sha256 in the history of a path; empty where its bytes were never had."""
    return next(filter(None, reversed(past)), "")


def fetch(job: Job) -> Job:
    """The job with the bytes of its file, or with the reason why they cannot be had."""
    if job.content and (missing := missing_library(job.content.data)):
        return replace(job, content=None, trouble=missing)  # it was fetched where there is one
    if job.content or job.trouble:
        return job
    try:
        content = load(job.drawing.path)
    except CannotLoadError as error:
        return replace(job, trouble=str(error))
    is_known = content.sha256 == job.known
    return replace(job, content=Content(b"", content.sha256) if is_known else content)


def read(jobs: Sequence[Job], reader: Reader) -> list[Reading]:
    """Read files together, which takes less time than one by one. No file stops the others."""
    fetched = [fetch(job) for job in jobs]
    try:
        pages = iter(reader.read_all([job.file for job in fetched if job.is_news]))
    except Exception as error:  # noqa: BLE001 - a fault of ours costs one row, and not the batch
        if len(fetched) > 1:
            return [reading for job in fetched for reading in read([job], reader)]
        reason = f"digitwatch failed on it ({error})"
        return [failed(fetched[0].drawing, reason, traceback.format_exc())]
    return [_reading(job, next(pages) if job.is_news else ()) for job in fetched]


def _reading(job: Job, pages: Sequence[PageReading]) -> Reading:
    if job.trouble or not job.content:
        return failed(job.drawing, job.trouble)
    if any(page.status == ERROR for page in pages):
        return Reading(job.drawing, job.content, pages)
    # Nobody needs the bytes any more, and many readings may lie about until they are kept.
    return Reading(job.drawing, Content(b"", job.content.sha256), pages)


def failed(drawing: Drawing, reason: str, trace: str = "") -> Reading:
    """The reading of a file that could not be read, with the reason."""
    return Reading(drawing, NOTHING, (failed_page(1, reason, drawing.file),), trace)


def keep(
    readings: Sequence[Reading], outbox: Outbox, *, now: Clock = local_time
) -> list[list[Record]]:
    """Keep what was read.

    Returns:
        The records of each reading: one a page; none where the same bytes were already read under
        this path, or its newest row says the same failure.

    Raises:
        OutboxError: The outbox cannot be written to. Nothing was kept.
    """
    history = outbox.ledger.history([reading.drawing.key for reading in readings])
    first = outbox.ledger.first_files([reading.content.sha256 for reading in readings])
    entries, time = [], now()
    for reading in readings:
        drawing, sha256 = reading.drawing, reading.content.sha256
        past = history.get(drawing.key, [])
        twin = first.setdefault(sha256, drawing.file) if sha256 else drawing.file
        remark = f"same picture as {twin}" if twin != drawing.file else ""
        # Another process may have kept the same since this one began to read.
        is_known = sha256 == _last_read(past) if sha256 else _was_said(reading, outbox)
        pages = () if is_known else reading.pages
        records = [_record(reading, page, past.count(sha256), remark, time) for page in pages]
        entries.append(Entry(records, [page.thumbnail for page in pages], reading.content.data))
    stored = outbox.keep(entries)
    return [
        list(entry.records) if is_news else []
        for entry, is_news in zip(entries, stored, strict=True)
    ]


def _was_said(reading: Reading, outbox: Outbox) -> bool:
    """Whether the newest row of a file whose bytes cannot be had says just that."""
    before = outbox.ledger.newest(reading.drawing.key)
    return before is not None and before.status == ERROR and before.note == reading.pages[0].note


def _record(reading: Reading, page: PageReading, times: int, remark: str, time: datetime) -> Record:
    drawing, sha256 = reading.drawing, reading.content.sha256
    id_ = record_id(drawing.key, sha256, page.number, times)
    return Record(
        id=id_,
        time=time.replace(microsecond=0),
        path=drawing.key,
        file=drawing.file,
        sha256=sha256,
        page=page.number,
        status=page.status,
        note="; ".join(filter(None, (page.note, remark))),
        marks=page.marks,
        thumbnail=thumbnail_name(drawing.file, id_, time),
        model=page.model,
        ink=page.ink,
    )


def read_file(
    drawing: Drawing, reader: Reader, outbox: Outbox, *, still: bool = True, now: Clock = local_time
) -> list[Record]:
    """Read one file and keep what was read.

    Args:
        drawing: The file.
        reader: Turns bytes into readings.
        outbox: Where the records go.
        still: Whether the file has been still for long enough that nothing more will come. If not,
            it is read only when its own format says that it is whole.
        now: The clock.

    Returns:
        As `keep` for this one.

    Raises:
        CannotLoadError: The bytes cannot be had, or are not all there yet. Nothing was kept.
        OutboxError: The outbox cannot be written to. Nothing was kept.
    """
    content = load(drawing.path)
    if not still and not is_complete(content.data):
        raise HalfWrittenError("it may still be being saved")
    (job,) = jobs_for([drawing], outbox)
    is_known = content.sha256 == job.known
    pages = [] if is_known else reader.read(content.data, drawing.file)
    if not still and any(page.status == ERROR for page in pages):
        raise HalfWrittenError("the file cannot be read yet")
    (records,) = keep([Reading(drawing, content, pages)], outbox, now=now)
    return records


def record_failure(
    drawing: Drawing, reason: str, outbox: Outbox, *, now: Clock = local_time
) -> list[Record]:
    """Keep a row that says why a file could not be read.

    Returns:
        The record; none where the newest row of this path says the same.
    """
    (records,) = keep([failed(drawing, reason)], outbox, now=now)
    return records
