import csv
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from digitwatch.running.instance import is_running, last_status
from digitwatch.running.launch import launch_of, without_console
from tests.program import configure, digitwatch
from tests.waiting import wait_until


@pytest.fixture
def home(tmp_path, models):
    """A folder with a configuration; what runs in it is stopped at the end."""
    configure(tmp_path, models)
    yield tmp_path
    digitwatch(tmp_path, "stop")
    assert not is_running(tmp_path / "outbox")


def rows(home):
    path = home / "outbox" / "predictions.csv"
    text = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
    return [(row["file"], row["digits"]) for row in csv.DictReader(io.StringIO(text, newline=""))]


def test_it_is_started_asked_and_stopped(home, draw):
    assert digitwatch(home, "status").returncode == 1
    started = digitwatch(home, "start")
    assert started.returncode == 0, started.stdout
    assert "runs in the background" in started.stdout
    (home / "inbox" / "seven.png").write_bytes(draw(7))
    wait_until(lambda: rows(home) == [("seven.png", "7")])

    again = digitwatch(home, "start")
    assert (again.returncode, "already runs" in again.stdout) == (4, True)
    foreground = digitwatch(home, "watch")
    assert (foreground.returncode, "already runs" in foreground.stdout) == (4, True)

    asked = digitwatch(home, "status")
    assert asked.returncode == 0
    assert "is running since" in asked.stdout
    assert "1 page read: 1 ok" in asked.stdout
    told = json.loads(digitwatch(home, "status", "--json").stdout)
    assert told["told"]["pid"] == last_status(home / "outbox")["pid"]

    assert "has stopped" in digitwatch(home, "stop").stdout
    assert "It was stopped" in digitwatch(home, "status").stdout
    assert "No watcher was running" in digitwatch(home, "stop").stdout


def test_of_two_starts_at_once_one_is_refused(home):
    with ThreadPoolExecutor(2) as pool:
        started = list(pool.map(lambda _: digitwatch(home, "start"), range(2)))
    assert sorted(done.returncode for done in started) == [0, 4], started


def test_what_was_saved_while_it_did_not_run_is_read_when_it_does(home, draw):
    (home / "inbox").mkdir()
    (home / "inbox" / "seven.png").write_bytes(draw(7))
    digitwatch(home, "start")
    wait_until(lambda: rows(home) == [("seven.png", "7")])


def test_it_is_stopped_in_the_middle_of_training(home):
    configure(home, home / "models")
    started = digitwatch(home, "start")
    assert "trains its model first" in started.stdout
    assert "training" in digitwatch(home, "status").stdout
    assert digitwatch(home, "start").returncode == 4
    assert "has stopped" in digitwatch(home, "stop").stdout
    assert last_status(home / "outbox")["state"] == "stopped"
    assert not list((home / "models").iterdir())


def test_a_start_that_fails_says_why(home):
    (home / "outbox").mkdir()
    (home / "outbox" / "digitwatch.db").write_bytes(b"no database" * 500)
    failed = digitwatch(home, "start")
    assert failed.returncode == 1
    assert "is damaged" in failed.stdout
    assert "It ended" in digitwatch(home, "status").stdout


def test_a_configuration_that_cannot_be_is_refused_before_anything_starts(home):
    (home / "config.yaml").write_text("inbocks: x\n", encoding="utf-8")
    failed = digitwatch(home, "start")
    assert failed.returncode == 2
    assert "inbocks" in failed.stdout
    configure(home, home / "models")


def test_with_a_slip_in_the_configuration_a_running_watcher_can_be_asked_and_stopped(home):
    digitwatch(home, "start")
    text = (home / "config.yaml").read_text(encoding="utf-8")
    (home / "config.yaml").write_text(f"{text}inbocks: [\n", encoding="utf-8")
    asked = digitwatch(home, "status")
    assert (asked.returncode, "is running since" in asked.stdout) == (0, True)
    assert "config.yaml" in asked.stdout
    assert "has stopped" in digitwatch(home, "stop").stdout
    (home / "config.yaml").write_text(text, encoding="utf-8")


def test_two_configurations_have_two_names(tmp_path):
    one, two = (launch_of(tmp_path / name, tmp_path) for name in ("a.yaml", "b.yaml"))
    assert one.name != two.name
    assert one == launch_of(tmp_path / "sub" / ".." / "a.yaml", tmp_path / "elsewhere")
    assert one.folder == tmp_path.resolve()
    default = launch_of(None, tmp_path)
    assert default.arguments[-1] == "watch"
    assert default.name == launch_of(tmp_path / "config.yaml", tmp_path).name


def test_on_windows_it_runs_without_a_console(tmp_path):
    for name in ("python.exe", "pythonw.exe"):
        (tmp_path / name).touch()
    assert without_console(tmp_path / "python.exe") == tmp_path / "pythonw.exe"
    (tmp_path / "pythonw.exe").unlink()
    assert without_console(tmp_path / "python.exe") == tmp_path / "python.exe"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no sessions of processes")
def test_it_outlives_the_terminal_from_which_it_was_started(home):
    digitwatch(home, "start")
    pid = last_status(home / "outbox")["pid"]
    assert os.getsid(pid) == os.getpgid(pid) != os.getsid(0)
