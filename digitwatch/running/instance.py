"""The one watcher of an outbox, as the rest of the machine sees it: lock, status, stop request.

Three small files in the outbox are all that other processes need: a lock that the system frees
when its holder dies, a status that is replaced every few seconds, and a file by whose name the
running instance is asked to stop.
"""

import contextlib
import json
import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from filelock import FileLock, Timeout

from digitwatch import __version__
from digitwatch.errors import AlreadyRunningError
from digitwatch.files import identity_of, write_atomically
from digitwatch.running.activity import FAILED, STOPPED, STOPPING, Activity

log = logging.getLogger(__name__)

LOCK = ".watcher.lock"
STATUS = ".watcher.json"

LOOK_SECONDS = 0.2
"""How often a running instance looks whether it is asked to stop."""
BEAT_SECONDS = 5.0
"""How often it tells that it lives when there is nothing else to tell."""
TELL_SECONDS = 0.5
"""It tells no more often than this, however much happens."""
SILENT_SECONDS = 30.0
"""One that has told nothing for so long is stuck, or its outbox cannot be written to."""

STATUS_BYTES = 4000
"""Its file is filled up to this size, so that there is room to tell more when the disk is full."""

LOCK_SECONDS = 0.3
"""`is_running` holds the lock for an instant, which must not keep a watcher from starting."""
PROBE_SECONDS = 0.06
"""Nor must one `is_running` take another for a watcher."""


class Instance:
    """Be the one watcher of `outbox` inside a `with` block, and tell others what it does.

    Args:
        outbox: The folder.
        activity: What is told.
        stop: Is set when another process asks this one to stop.

    Raises:
        AlreadyRunningError: On entering, where another process is the watcher.
    """

    def __init__(self, outbox: Path, activity: Activity, stop: threading.Event) -> None:
        self.id = secrets.token_hex(4)
        self._outbox = outbox
        self._activity = activity
        self._stop = stop
        self._lock = FileLock(outbox / LOCK, thread_local=False)
        self._ended = threading.Event()
        self._teller = threading.Thread(target=self._tell_until_ended, daemon=True)
        self._since = time.time()
        self._locked: tuple[int, int] | None = None
        self._told: dict[str, Any] = {}
        self._told_at = 0.0

    def __enter__(self) -> Self:
        try:
            self._take_the_lock()
        except Timeout as error:
            raise AlreadyRunningError(
                f"another watcher already works on the outbox {self._outbox}",
                "stop it with: digitwatch stop; or give another outbox in the configuration",
            ) from error
        for request in self._outbox.glob(".stop-*"):
            with contextlib.suppress(OSError):  # it names an instance that is no more
                request.unlink()
        self._tell(self._status())
        self._teller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._teller.join()
        is_fault = isinstance(error, Exception)
        last_words = {"state": FAILED if is_fault else STOPPED, "error": str(error or "")}
        for _ in range(10):  # a reader may be in the way, for an instant
            if self._tell(self._status() | last_words):
                break
            time.sleep(LOOK_SECONDS / 10)
        with contextlib.suppress(OSError):
            stop_request(self._outbox, self.id).unlink(missing_ok=True)
        self._lock.release()

    def _take_the_lock(self) -> None:
        self._lock.acquire(timeout=LOCK_SECONDS, poll_interval=0.05)
        self._locked = identity_of(self._outbox / LOCK)

    def _keep_the_lock(self) -> None:
        """Take the lock again where its file was removed: one without a name keeps nobody out."""
        if identity_of(self._outbox / LOCK) == self._locked:
            return
        self._lock.release()
        try:
            self._take_the_lock()
        except Timeout:
            log.error("another watcher has taken the outbox %s: this one stops", self._outbox)  # noqa: TRY400 - no fault of ours
            self._stop.set()
        except OSError:
            self._locked = None  # the outbox is away; it is tried again

    def _tell_until_ended(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            try:
                self._listen_and_tell()
            except Exception:  # this thread alone hears that the watcher is to stop
                log.exception("the watcher could not tell what it does")

    def _listen_and_tell(self) -> None:
        self._keep_the_lock()
        if os.path.exists(stop_request(self._outbox, self.id)) and not self._stop.is_set():  # noqa: PTH110 - that of Path may raise
            log.info("asked to stop")
            self._stop.set()
        status = self._status()
        silence = time.time() - self._told_at
        is_news = status != self._told and not 0 <= silence < TELL_SECONDS
        if is_news or not 0 <= silence < BEAT_SECONDS:
            self._tell(status)

    def _status(self) -> dict[str, Any]:
        told = asdict(self._activity)
        if self._stop.is_set():
            told["state"] = STOPPING
        return {
            "instance": self.id,
            "pid": os.getpid(),
            "parent": os.getppid(),
            "version": __version__,
            "since": self._since,
        } | told

    def _tell(self, status: dict[str, Any]) -> bool:
        """Write the status file; False where that failed, which hinders nothing else."""
        self._told, self._told_at = status, time.time()
        text = json.dumps(status | {"heartbeat": self._told_at}, indent=1)
        data = text.encode("utf-8").ljust(STATUS_BYTES)
        path = self._outbox / STATUS
        try:
            write_atomically(path, data, durable=False)
        except OSError:
            return _overwrite(path, data)  # a full disk has no room for a second file
        return True


def _overwrite(path: Path, data: bytes) -> bool:
    try:
        with path.open("r+b") as file:
            file.write(data)
            file.truncate()
    except OSError:
        return False
    return True


def stop_request(outbox: Path, instance: str) -> Path:
    """The file that asks this instance to stop: it is empty, so that a full disk takes it too."""
    return outbox / f".stop-{instance}"


@contextlib.contextmanager
def _held_for_an_instant(outbox: Path) -> Iterator[None]:
    with FileLock(outbox / LOCK).acquire(timeout=PROBE_SECONDS, poll_interval=PROBE_SECONDS / 3):
        yield


def is_running(outbox: Path) -> bool:
    """Whether a watcher works on the outbox: the lock tells, which no killed process keeps."""
    if not os.path.exists(outbox / LOCK):  # noqa: PTH110 - that of Path may raise
        return False
    try:
        with _held_for_an_instant(outbox):
            return False
    except Timeout:
        return True


def last_status(outbox: Path) -> Mapping[str, Any]:
    """What the running or the last watcher of the outbox told; empty where none ever did."""
    for _ in range(10):  # on Windows the file cannot be opened in the instant of its replacement
        try:
            told = json.loads((outbox / STATUS).read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            time.sleep(0.01)
        else:
            return told if isinstance(told, dict) else {}
    return {}
