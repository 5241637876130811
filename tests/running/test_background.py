import csv
import io
import json
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from digitwatch.cli import main
from digitwatch.running.instance import is_running, last_status
from digitwatch.running.launch import launch_of, without_console
from tests.program import configure, digitwatch
from tests.waiting import wait_until


@pytest.fixture
def home(tmp_path, models, monkeypatch):
    """A folder to stand in, with a configuration; what runs in it is stopped at the end."""
    configure(tmp_path, models)
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    main(["stop"])
    assert not is_running(tmp_path / "outbox")


@pytest.fixture
def call(capsys):
    """Call the command line in this process, which is soon done; gives exit code and words."""

    def run(*arguments):
        capsys.readouterr()
        code = main(arguments)
        return code, "".join(capsys.readouterr())

    return run


def rows(home):
    path = home / "outbox" / "predictions.csv"
    text = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
    return [(row["file"], row["digits"]) for row in csv.DictReader(io.StringIO(text, newline=""))]


def test_it_is_started_asked_and_stopped(home, draw, call):
    assert call("status")[0] == 1
    started = digitwatch(home, "start")
    assert started.returncode == 0, started.stdout
    assert "runs in the background" in started.stdout
    (home / "inbox" / "seven.png").write_bytes(draw(7))
    wait_until(lambda: rows(home) == [("seven.png", "7")])

    for second in ("start", "watch"):
        again = digitwatch(home, second)
        assert (again.returncode, "already runs" in again.stdout) == (4, True)

    asked = digitwatch(home, "status")
    assert asked.returncode == 0
    assert "is running since" in asked.stdout
    assert "1 page read: 1 ok" in asked.stdout
    told = json.loads(call("status", "--json")[1])
    assert told["told"]["pid"] == last_status(home / "outbox")["pid"]

    assert "has stopped" in digitwatch(home, "stop").stdout
    assert "It was stopped" in call("status")[1]
    assert "No watcher was running" in call("stop")[1]


def test_of_two_starts_at_once_one_is_refused(home):
    with ThreadPoolExecutor(2) as pool:
        started = list(pool.map(lambda _: digitwatch(home, "start"), range(2)))
    assert sorted(done.returncode for done in started) == [0, 4], started


def test_what_was_saved_while_it_did_not_run_is_read_when_it_does(home, draw):
    (home / "inbox").mkdir()
    (home / "inbox" / "seven.png").write_bytes(draw(7))
    digitwatch(home, "start")
    wait_until(lambda: rows(home) == [("seven.png", "7")])
    if os.name != "nt":  # Windows has no sessions of processes
        pid = last_status(home / "outbox")["pid"]
        assert os.getsid(pid) == os.getpgid(pid) != os.getsid(0)


def test_it_is_stopped_in_the_middle_of_training(home, call):
    configure(home, home / "models")
    started = digitwatch(home, "start")
    assert "trains its model first" in started.stdout
    assert "training" in call("status")[1]
    assert call("start")[0] == 4
    assert "has stopped" in call("stop")[1]
    assert last_status(home / "outbox")["state"] == "stopped"
    assert not list((home / "models").iterdir())


def test_a_start_that_fails_says_why(home, call):
    (home / "outbox").mkdir()
    (home / "outbox" / "digitwatch.db").write_bytes(b"no database" * 500)
    failed = digitwatch(home, "start")
    assert failed.returncode == 1
    assert "is damaged" in failed.stdout
    assert "It ended" in call("status")[1]


def test_a_configuration_that_cannot_be_is_refused_before_anything_starts(home, call):
    (home / "config.yaml").write_text("inbocks: x\n", encoding="utf-8")
    code, words = call("start")
    assert code == 2
    assert "inbocks" in words
    configure(home, home / "models")


def test_with_a_slip_in_the_configuration_a_running_watcher_can_be_asked_and_stopped(home, call):
    digitwatch(home, "start")
    text = (home / "config.yaml").read_text(encoding="utf-8")
    (home / "config.yaml").write_text(f"{text}inbocks: [\n", encoding="utf-8")
    code, words = call("status")
    assert (code, "is running since" in words) == (0, True)
    assert "config.yaml" in words
    assert "has stopped" in call("stop")[1]
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
