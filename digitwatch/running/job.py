"""THE LINE: one file to its records. Watching and batch work both go through here."""

from collections.abc import Callable, Sequence
from datetime import datetime

from digitwatch.reading.image import is_complete
from digitwatch.recording.outbox import Outbox, thumbnail_name
from digitwatch.recording.record import ERROR, Record, record_id
from digitwatch.running.drawings import NOTHING, Content, Drawing, HalfWrittenError, load
from digitwatch.running.reader import PageReading, Reader, failed_page

Clock = Callable[[], datetime]


def local_time() -> datetime:
    """The wall clock, as the person at the machine sees it."""
    return datetime.now()  # noqa: DTZ005 - local time is what the CSV shows


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
        One record a page; none where the same bytes were already read under this path.

    Raises:
        CannotLoadError: The bytes cannot be had, or are not all there yet. Nothing was kept.
        OutboxError: The outbox cannot be written to. Nothing was kept.
    """
    content = load(drawing.path)
    if not still and not is_complete(content.data):
        raise HalfWrittenError("the file is not complete")
    before = outbox.ledger.newest(drawing.key)
    if before and before.sha256 == content.sha256:
        return []
    pages = reader.read(content.data, drawing.file)
    if not still and any(page.status == ERROR for page in pages):
        raise HalfWrittenError("the file cannot be read yet")
    return _keep(drawing, content, pages, before, outbox, now())


def record_failure(
    drawing: Drawing, reason: str, outbox: Outbox, *, now: Clock = local_time
) -> list[Record]:
    """Keep a row that says why a file could not be read.

    Returns:
        The record; none where the newest row of this path says the same.
    """
    before = outbox.ledger.newest(drawing.key)
    if before and before.status == ERROR and before.note == reason:
        return []
    return _keep(drawing, NOTHING, [failed_page(1, reason, drawing.file)], before, outbox, now())


def _keep(
    drawing: Drawing,
    content: Content,
    pages: Sequence[PageReading],
    before: Record | None,
    outbox: Outbox,
    time: datetime,
) -> list[Record]:
    twin = outbox.ledger.first_with(content.sha256) if content.data else None
    remark = f"same picture as {twin}" if twin not in (None, drawing.file) else ""
    records = []
    for page in pages:
        id_ = record_id(drawing.key, content.sha256, page.number, before.id if before else "")
        records.append(
            Record(
                id=id_,
                time=time.replace(microsecond=0),
                path=drawing.key,
                file=drawing.file,
                sha256=content.sha256,
                page=page.number,
                status=page.status,
                note="; ".join(filter(None, (page.note, remark))),
                marks=page.marks,
                thumbnail=thumbnail_name(drawing.file, id_, time),
                model=page.model,
            )
        )
    is_news = outbox.keep(records, [page.thumbnail for page in pages], content.data or None)
    return records if is_news else []
