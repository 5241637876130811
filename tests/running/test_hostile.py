"""Small files that ask for much; damaged ones by the thousand are in `tests.faults`."""

import multiprocessing
import os
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from digitwatch.running.reader import Reader
from tests import bombs

SECONDS, MEGABYTES = 5.0, 1_000
HANGS = 60.0  # seconds after which the process is given up
MEMORY = Path("/proc/self/status")


@dataclass(frozen=True)
class Outcome:
    """What became of a file: status and note of each page, or what was raised; and what it took."""

    pages: tuple[tuple[str, str], ...]
    raised: str
    seconds: float
    megabytes: float


def work(pipe: Connection, reader: Reader) -> None:
    """Read what comes through the pipe, until it is closed."""
    warnings.simplefilter("ignore")
    # libtiff writes a line for each damaged row. Wine takes half a minute to throw them away; the
    # watcher's own process has no stderr on Windows (pythonw), and neither has this one.
    if sys.platform == "win32":
        os.close(2)
    else:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    while True:
        data = pipe.recv()
        if MEMORY.exists():
            MEMORY.with_name("clear_refs").write_text("5")
        pages: tuple[tuple[str, str], ...] = ()
        raised, wall, cpu = "", time.perf_counter(), time.process_time()
        try:
            pages = tuple((page.status, page.note) for page in reader.read(data, "bomb"))
        except Exception:  # noqa: BLE001 - what it is, the test says
            raised = traceback.format_exc()
        # Other programs add to the one, threads of our own to the other.
        seconds = min(time.perf_counter() - wall, time.process_time() - cpu)
        pipe.send(Outcome(pages, raised, seconds, peak_megabytes()))


def peak_megabytes() -> float:
    """The most memory that was held for this file; 0 where the system does not tell."""
    lines = MEMORY.read_text().splitlines() if MEMORY.exists() else []
    return sum(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmHWM"))


@pytest.fixture(scope="module")
def read(reader: Reader) -> Iterator[Callable[[bytes], Outcome]]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, reader), daemon=True)
    process.start()
    theirs.close()

    def read(data: bytes) -> Outcome:
        ours.send(data)
        if not ours.poll(HANGS):
            process.kill()
            pytest.fail("it hangs")
        outcome: Outcome = ours.recv()  # an EOFError: the process died
        return outcome

    yield read
    process.kill()
    process.join()


def check(outcome: Outcome) -> None:
    assert not outcome.raised
    assert outcome.pages
    assert outcome.seconds < SECONDS
    assert outcome.megabytes < MEGABYTES


@pytest.mark.parametrize("name", bombs.QUICK)
def test_a_bomb_gets_a_row_soon_and_in_little_memory(name, read):
    check(read(bombs.QUICK[name]()))


@pytest.mark.slow
@pytest.mark.parametrize("name", bombs.SLOW)
def test_any_bomb_gets_a_row_soon_and_in_little_memory(name, read, record_property):
    outcome = read(bombs.SLOW[name]())
    record_property("seconds", outcome.seconds)
    record_property("megabytes", outcome.megabytes)
    check(outcome)


@pytest.mark.slow
def test_a_scan_of_200_pages_is_read_whole(read):
    outcome = read(bombs.scan(200))
    assert [status for status, _ in outcome.pages] == ["ok"] * 200
    assert outcome.megabytes < MEGABYTES
