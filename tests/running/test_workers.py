import multiprocessing
import os
import signal
import sys
import time
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from digitwatch.errors import DigitwatchError
from digitwatch.recording.outbox import Outbox
from digitwatch.running import batch, workers
from digitwatch.running.batch import gather
from digitwatch.running.job import Job, read
from digitwatch.running.reader import Reader
from digitwatch.running.workers import on_cores
from tests.program import IS_WINE
from tests.waiting import wait_until

pytestmark = pytest.mark.skipif(
    IS_WINE, reason="under Wine joblib waits for ever for a dead process"
)


NAMES = [f"{number:02}.png" for number in range(24)]


@pytest.fixture
def outbox(desk):
    with Outbox(desk.outbox) as opened:
        yield opened


@pytest.fixture
def many(desk, draw, monkeypatch):
    """Two dozen drawings, all of which other processes read."""
    monkeypatch.setattr(workers, "PAYS_SECONDS", -1.0)
    for number, name in enumerate(NAMES):
        (desk.inbox / name).write_bytes(draw(number % 10, seed=number))
    return gather([desk.inbox], desk.outbox, recursive=True)


class FatalReader(Reader):
    """Ends its process over a file, as a fault in a decoder or too little memory would."""

    def read_all(self, files):
        if any(file.name == "05.png" for file in files):
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
        return super().read_all(files)


@pytest.fixture
def fatal(monkeypatch):
    """Has the processes end over these files, without processes: what was in hand is lost."""

    def make(*names):
        def in_processes(groups, reader, jobs):
            ends = [any(job.drawing.file in names for job in group) for group in groups]
            done = max(0, ends.index(True) - 2 * jobs) if any(ends) else len(groups)
            yield from (read(group, reader) for group in groups[:done])
            if any(ends):
                raise BrokenExecutor

        monkeypatch.setattr(workers, "_in_processes", in_processes)

    return make


def test_other_processes_read_what_this_one_would(desk, many, reader, outbox, rows):
    told = []
    summary = batch.classify(
        many, 24, on_cores(reader, 2), outbox, lambda drawing, _: told.append(drawing.file)
    )
    assert (summary.files, summary.pages["error"]) == (24, 0)
    assert told == NAMES
    found = rows("file", "digits", "status")
    here = [reader.read((desk.inbox / file).read_bytes(), file)[0] for file, *_ in found]
    assert [row[1:] for row in found] == [
        (" ".join(mark.text for mark in page.marks), page.status) for page in here
    ]


def test_what_other_processes_read_is_not_read_again(many, reader, outbox, rows):
    batch.classify(many, 24, on_cores(reader, 2), outbox, lambda *_: None)
    again = batch.classify(many, 24, on_cores(reader, 2), outbox, lambda *_: None)
    assert (again.files, again.known) == (24, 24)
    assert len(rows("file")) == 24


def test_a_file_that_ends_a_process_costs_one_row_and_no_other(many, reader, outbox, rows):
    deadly = FatalReader(reader.classifier, reader.model, reader.layout, reader.review_below)
    summary = batch.classify(many, 24, on_cores(deadly, 2), outbox, lambda *_: None)
    assert summary.files == 24
    found = rows("file", "status")
    assert [file for file, _ in found] == NAMES
    assert [file for file, status in found if status == "error"] == ["05.png"]


@pytest.mark.parametrize(
    "names", [("00.png",), ("05.png", "06.png"), ("05.png", "20.png", "23.png")]
)
def test_several_files_that_end_processes_cost_a_row_each(many, reader, outbox, rows, fatal, names):
    fatal(*names)
    batch.classify(many, 24, on_cores(reader, 2), outbox, lambda *_: None)
    found = rows("file", "status")
    assert [file for file, _ in found] == NAMES
    assert tuple(file for file, status in found if status == "error") == names


def test_where_no_process_can_read_nothing_is_said_of_the_files(many, reader, outbox, rows, fatal):
    fatal(*NAMES)
    with pytest.raises(DigitwatchError, match="--jobs 1"):
        batch.classify(many, 24, on_cores(reader, 2), outbox, lambda *_: None)
    assert rows("file") == []


@dataclass(frozen=True)
class SlowReader(Reader):
    """Leaves the number of its process in a folder, and never comes to an end."""

    folder: Path

    def read_all(self, _):
        (self.folder / str(os.getpid())).touch()
        time.sleep(3600)


def read_for_ever(reader, jobs):
    workers.PAYS_SECONDS = -1.0
    list(on_cores(reader, 2).read([[job] for job in jobs], 2))


@pytest.mark.skipif(sys.platform == "win32", reason="a process there never learns of its parent")
def test_processes_end_when_the_one_that_started_them_is_killed(many, reader, tmp_path):
    folder = tmp_path / "processes"
    folder.mkdir()
    parts = (reader.classifier, reader.model, reader.layout, reader.review_below)
    jobs = [Job(drawing) for drawing in list(many)[:2]]
    context = multiprocessing.get_context("spawn")
    parent = context.Process(target=read_for_ever, args=(SlowReader(*parts, folder), jobs))
    parent.start()
    wait_until(lambda: len(list(folder.iterdir())) == 2)
    parent.kill()
    wait_until(lambda: not any(map(is_alive, folder.iterdir())))
    parent.join()


def is_alive(note):
    try:
        os.kill(int(note.name), 0)
    except ProcessLookupError:
        return False
    return True
