"""With a real scheduler, and workers that are processes of their own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from digitwatch.cli import main
from digitwatch.errors import ConfigError
from digitwatch.recording.outbox import Outbox
from digitwatch.running import batch
from digitwatch.running.batch import gather
from tests.program import ENVIRONMENT
from tests.waiting import SLOW_START, wait_until

pytest.importorskip("distributed")

from distributed import Client

from digitwatch.running import cluster
from digitwatch.running.cluster import _why_refused, on_cluster

FILES = 40
NAMES = [f"{number:02}.png" for number in range(FILES)]

StartWorker = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def outbox(desk):
    with Outbox(desk.outbox) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _it_looks_often(monkeypatch):
    monkeypatch.setattr(cluster, "LOOK_SECONDS", 0.2)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory) -> Iterator[str]:
    """The address of a scheduler that listens."""
    note = tmp_path_factory.mktemp("scheduler") / "scheduler.json"
    arguments = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    process = _start("dask_scheduler", *arguments, "--scheduler-file", str(note))
    try:
        wait_until(lambda: note.exists() and note.read_text(encoding="utf-8").endswith("}"))
        yield json.loads(note.read_text(encoding="utf-8"))["address"]
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def start_worker(scheduler, tmp_path) -> Iterator[StartWorker]:
    """Starts a worker; at the end they are killed, and the scheduler knows of none."""
    started: list[subprocess.Popen[bytes]] = []

    def start(python_path: str = "") -> "subprocess.Popen[bytes]":
        shared = ("--nthreads", "1", "--no-dashboard", "--no-nanny")
        folder = ("--local-directory", str(tmp_path / f"worker-{len(started)}"))
        started.append(_start("dask_worker", scheduler, *shared, *folder, python_path=python_path))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()
    with Client(scheduler, set_as_default=False) as client:
        wait_until(lambda: not client.scheduler_info()["workers"])


def _start(tool: str, *arguments: str, python_path: str = "") -> "subprocess.Popen[bytes]":
    paths = os.pathsep.join(filter(None, (python_path, ENVIRONMENT["PYTHONPATH"])))
    return subprocess.Popen(
        [sys.executable, "-m", f"distributed.cli.{tool}", *arguments],
        env=ENVIRONMENT | {"PYTHONPATH": paths},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.fixture
def drawings(desk, draw):
    for number, name in enumerate(NAMES):
        (desk.inbox / name).write_bytes(draw(number % 10, seed=number))
    return gather([desk.inbox], desk.outbox, recursive=True)


def _wait_for_workers(scheduler: str, count: int) -> None:
    with Client(scheduler, set_as_default=False) as client:
        client.wait_for_workers(count, timeout=SLOW_START)


def _classify(drawings, reader, outbox, scheduler, on_read=lambda *_: None):
    said: list[str] = []
    with on_cluster(scheduler, reader, said.append) as workers:
        return batch.classify(drawings, FILES, workers, outbox, on_read), said


def test_a_worker_that_is_killed_loses_nothing(
    drawings, reader, outbox, scheduler, start_worker, rows
):
    workers = [start_worker(), start_worker()]
    _wait_for_workers(scheduler, 2)
    read = []

    def on_read(drawing, _):
        read.append(drawing.file)
        if len(read) == 8:
            workers[0].kill()

    summary, said = _classify(drawings, reader, outbox, scheduler, on_read)
    assert (summary.files, summary.pages["error"], said) == (FILES, 0, [])
    assert workers[1].poll() is None
    assert read == NAMES
    assert [file for (file,) in rows("file")] == NAMES
    again, _ = _classify(drawings, reader, outbox, scheduler)
    assert (again.files, again.known) == (FILES, FILES)
    assert len(rows("file")) == FILES


def test_what_all_workers_had_in_hand_is_read_by_the_next(
    drawings, reader, outbox, scheduler, start_worker, rows
):
    workers = [start_worker()]
    _wait_for_workers(scheduler, 1)

    def on_read(*_):
        if len(workers) == 1:
            workers[0].send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
            workers.append(start_worker())

    summary, _ = _classify(drawings, reader, outbox, scheduler, on_read)
    assert (summary.files, summary.pages["error"]) == (FILES, 0)
    assert [file for (file,) in rows("file")] == NAMES


def test_a_worker_of_another_version_is_refused_with_a_line(
    drawings, reader, outbox, scheduler, start_worker, rows, tmp_path
):
    other = tmp_path / "other" / "scikit_learn-1.0.0.dist-info"
    other.mkdir(parents=True)
    metadata = "Metadata-Version: 2.1\nName: scikit-learn\nVersion: 1.0.0\n"
    (other / "METADATA").write_text(metadata, encoding="utf-8")
    start_worker(str(other.parent))
    _wait_for_workers(scheduler, 1)
    with pytest.raises(ConfigError, match="no worker that can read"):
        _classify(drawings, reader, outbox, scheduler)
    start_worker()
    _wait_for_workers(scheduler, 2)
    summary, (line,) = _classify(drawings, reader, outbox, scheduler)
    assert "is not used: it has scikit-learn 1.0.0, here is" in line
    assert (summary.files, len(rows("file"))) == (FILES, FILES)


def test_the_command_hands_a_folder_to_the_cluster(
    desk, draw, scheduler, start_worker, models, monkeypatch, capsys
):
    (desk.inbox / "seven.png").write_bytes(draw(7))
    (desk.inbox / "bad.png").write_bytes(b"no picture")
    start_worker()
    _wait_for_workers(scheduler, 1)
    home = desk.inbox.parent
    (home / "config.yaml").write_text(f"models: {json.dumps(str(models))}\n", encoding="utf-8")
    monkeypatch.chdir(home)
    assert main(["classify", "inbox", "--scheduler", scheduler]) == 1
    assert "2 files: 1 error, 1 ok" in capsys.readouterr().out


def test_a_scheduler_that_does_not_answer_is_named(reader, monkeypatch):
    monkeypatch.setattr("digitwatch.running.cluster.CONNECT_SECONDS", 0.5)
    with (
        pytest.raises(ConfigError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"),
        on_cluster("tcp://127.0.0.1:9", reader, print),
    ):
        pass


def test_a_worker_without_digitwatch_is_refused():
    ours = {"digitwatch": "1.2", "scikit-learn": "1.9.0"}
    assert not _why_refused(dict(ours), ours)
    assert (
        _why_refused(ours | {"digitwatch": "none"}, ours) == "it has digitwatch none, here is 1.2"
    )
    assert "no answer" in _why_refused(OSError("no answer"), ours)
