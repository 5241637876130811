"""Review: a page in the browser, the desk behind it, and the CSV that follows what is said."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Self, TypeVar

from filelock import FileLock, Timeout

from digitwatch.config import Config
from digitwatch.errors import AlreadyRunningError, OutboxError
from digitwatch.recording.corrections import take
from digitwatch.recording.outbox import Outbox, Waiting
from digitwatch.running.clock import Clock, local_time
from digitwatch.running.review.admission import Addresses
from digitwatch.running.review.desk import Desk
from digitwatch.running.review.server import ReviewServer

FOLLOW_SECONDS = 0.5
"""How often answers are brought into the CSV, all that were given since together."""
END_SECONDS = 0.1
"""How often the server looks whether it is to end."""

T = TypeVar("T")


@dataclass(frozen=True)
class Reviewed:
    """What came of a review.

    Attributes:
        records: Of how many records all was said.
        unfinished: Of how many a part was said, which is kept for the next review.
        waiting: What the CSV lacks of it.
    """

    records: int
    unfinished: int
    waiting: Waiting | None


def review(
    config: Config,
    port: int,
    stop: Event,
    on_open: Callable[[Addresses], None],
    tell: Callable[[str], None],
    *,
    now: Clock = local_time,
) -> Reviewed:
    """Let a person look through what was read, until `stop` is set or they press the button.

    Args:
        config: Names the outbox, and the percentage below which a mark is doubtful.
        port: To listen on; 0 for a free one.
        stop: Ends it.
        on_open: Is told the addresses once they can be opened.
        tell: Is told what a person should know of single cells in the CSV.
        now: The clock.

    Raises:
        AlreadyRunningError: Another review of this outbox is open.
        ConfigError: The port cannot be had.
        OutboxError: The ledger cannot be used.
    """
    with (
        _no_other(config.outbox),
        Outbox(config.outbox, config.delimiter) as outbox,
        DeskThread(config, now) as desk,
    ):
        table = Table(outbox, desk, tell, now)
        table.take_edits()
        desk.ask(Desk.look_for_new)
        with _serving(ReviewServer(port, desk.ask, stop.set)) as server:
            on_open(server.addresses)
            while not stop.wait(FOLLOW_SECONDS):
                table.follow()
        table.follow()
        return desk.ask(lambda desk: Reviewed(desk.said, desk.unfinished, table.waiting))


@contextmanager
def _no_other(outbox: Path) -> Iterator[None]:
    """Two reviews would ask the same, and each would write over what the other was told."""
    lock = FileLock(outbox / ".review.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise AlreadyRunningError(
            f"a review of {outbox} is open already", "go on there, or end it with Ctrl-C"
        ) from error
    try:
        yield
    finally:
        lock.release()


class DeskThread:
    """The desk, in the one thread that its ledger belongs to.

    Raises:
        LedgerError: The ledger cannot be opened.
    """

    def __init__(self, config: Config, now: Clock) -> None:
        self._thread = ThreadPoolExecutor(1, "desk")
        self._desk = self._thread.submit(Desk, config, now=now).result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.ask(Desk.close)
        self._thread.shutdown()

    def ask(self, what: Callable[[Desk], T]) -> T:
        """Do something with the desk; return what it returns, or raise what it raises."""
        return self._thread.submit(what, self._desk).result()


@contextmanager
def _serving(server: ReviewServer) -> Iterator[ReviewServer]:
    thread = Thread(target=server.serve_forever, args=(END_SECONDS,), name="review", daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Table:
    """The CSV, as far as a review has to do with it: what is said goes in, what is typed comes out.

    It takes a second where there are a hundred thousand rows, so the page does not wait for it.
    """

    def __init__(
        self, outbox: Outbox, desk: DeskThread, tell: Callable[[str], None], now: Clock
    ) -> None:
        self._outbox = outbox
        self._desk = desk
        self._tell = tell
        self._now = now
        self._told: set[str] = set()
        self._taken: tuple[int, int] | None = None
        self.waiting: Waiting | None = None

    def follow(self) -> None:
        """Bring what was said on the page into the CSV, and what was typed there to the page."""
        try:
            self._outbox.reopen_if_replaced()
            if self._outbox.ledger.corrections.waiting():
                self.waiting = self._outbox.project()
            else:
                self.waiting = None
            self.take_edits()
        except OutboxError as error:
            self.waiting = Waiting(0, str(error))
        self._desk.ask(self._show_waiting)

    def take_edits(self) -> None:
        """Take what a person has typed into the CSV since it was last looked at."""
        state = _state_of(self._outbox.csv)
        if state == self._taken:
            return
        taken = take(self._outbox, self._now())
        self._tell_once(taken.warnings)
        if taken.trouble:
            return  # it may pass
        self._taken = state
        if taken.withdrawn:
            self._tell(f"{taken.withdrawn} of what you said is taken back in the table")
        # Also where another process has taken it before.
        self._desk.ask(Desk.heed_corrections)

    def _tell_once(self, lines: Iterable[str]) -> None:
        for words in lines:
            if words not in self._told:
                self._told.add(words)
                self._tell(words)

    def _show_waiting(self, desk: Desk) -> None:
        desk.waiting = self.waiting


def _state_of(path: Path) -> tuple[int, int] | None:
    """What changes when a file is saved; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
