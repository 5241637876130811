"""The background process: a watcher without a console, started and stopped by other commands."""

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from digitwatch.errors import AlreadyRunningError, DigitwatchError
from digitwatch.running import activity
from digitwatch.running.instance import is_running, last_status, stop_request
from digitwatch.running.launch import Launch
from digitwatch.running.status import moment, period

LOOK_SECONDS = 0.05
SECONDS_TO_START = 60.0
SECONDS_TO_STOP = 600.0
SECONDS_TO_SAY_SO = 2.0
"""What takes longer than this is explained to the person who waits."""

Say = Callable[[str], None]


def refuse_second(outbox: Path) -> None:
    """Refuse to start where a watcher works on the outbox.

    Raises:
        AlreadyRunningError: One does.
    """
    if is_running(outbox):
        told = last_status(outbox)
        raise AlreadyRunningError(
            f"a watcher already runs here, since {moment(told.get('since'))} "
            f"(process {told.get('pid', '?')})",
            "see what it does with: digitwatch status",
        )


def start(launch: Launch, outbox: Path) -> str:
    """Start a watcher that outlives us, and wait until it watches or trains.

    Returns:
        What it does now, for the person who called.

    Raises:
        AlreadyRunningError: One runs already.
        DigitwatchError: It ended at once, with its own reason.
    """
    refuse_second(outbox)
    before = last_status(outbox).get("instance")
    process = spawn(launch)
    words = wait_for_start(outbox, before, lambda: process.poll() is not None)
    told = last_status(outbox)
    if process.pid not in (told.get("pid"), told.get("parent")):
        refuse_second(outbox)  # another one was faster
    if words is None:
        raise DigitwatchError(
            "the watcher did not start",
            f"see why in {outbox / 'digitwatch.log'}, or with: digitwatch watch",
        )
    return words


def wait_for_start(
    outbox: Path, before: object, has_ended: Callable[[], bool], seconds: float = SECONDS_TO_START
) -> str | None:
    """Wait until a watcher other than the instance `before` watches or trains.

    Returns:
        What it does now, for the person; None where none told anything in time.

    Raises:
        DigitwatchError: It has ended, with its own reason.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        is_over = has_ended()
        told = last_status(outbox)
        if told.get("instance") != before and (words := _first_words(told)):
            return words
        if is_over:
            break
        time.sleep(LOOK_SECONDS)
    return None


def _first_words(told: Mapping[str, Any]) -> str:
    """What a watcher that has just started does; empty while it only begins.

    Raises:
        DigitwatchError: It has ended.
    """
    runs = f"digitwatch runs in the background (process {told.get('pid', '?')})"
    match told.get("state"):
        case activity.FAILED:
            raise DigitwatchError(f"the watcher ended at once: {told.get('error')}")
        case activity.TRAINING:
            return f"{runs}; it trains its model first, which takes a minute."
        case activity.WATCHING:
            return f"{runs}."
        case _:
            return ""


def spawn(launch: Launch) -> "subprocess.Popen[bytes]":
    """Start the process so that it has no console, and lives on when we and our console end."""
    if sys.platform != "win32":
        return _open(launch, start_new_session=True)
    detached = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    try:
        return _open(launch, creationflags=detached | subprocess.CREATE_BREAKAWAY_FROM_JOB)
    except PermissionError:  # the job that we are in lets none of its processes out
        return _open(launch, creationflags=detached)


def _open(
    launch: Launch, *, creationflags: int = 0, start_new_session: bool = False
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - our own program
        launch.command,
        cwd=launch.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        creationflags=creationflags,
        start_new_session=start_new_session,
    )


def stop(outbox: Path, say: Say) -> bool:
    """Ask the watcher of the outbox to stop, and wait until it has finished its drawing and gone.

    Args:
        outbox: The folder.
        say: Is told what is waited for, where that takes long.

    Returns:
        False where none was running.

    Raises:
        DigitwatchError: It cannot be asked, or does not stop.
    """
    start = time.monotonic()
    was_running = has_said = False
    while is_running(outbox):
        was_running = True
        told = last_status(outbox)
        _ask(outbox, told.get("instance"))
        waited = time.monotonic() - start
        if waited > SECONDS_TO_SAY_SO and not has_said:
            say(f"It finishes what it has in hand: {told.get('doing') or 'its start'} ...")
            has_said = True
        if waited > SECONDS_TO_STOP:
            raise DigitwatchError(
                f"the watcher has not stopped in {period(waited)}",
                f"end the process {told.get('pid', '?')}; nothing that was read is lost",
            )
        time.sleep(LOOK_SECONDS)
    return was_running


def _ask(outbox: Path, instance: object) -> None:
    if instance is None:
        return  # it has only just begun, and will tell its name
    try:
        stop_request(outbox, str(instance)).touch()
    except OSError as error:
        raise DigitwatchError(
            f"the watcher cannot be asked to stop: {outbox}: {error.strerror}",
            "give yourself the right to write there, or end the process",
        ) from error
