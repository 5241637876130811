"""digitwatch as a Windows program: without a console, by its .exe, killed, with odd names."""
# ruff: noqa: E402 - what follows is there on Windows alone

import sys

import pytest

if sys.platform != "win32":
    pytest.skip("these ask Windows itself", allow_module_level=True)
assert sys.platform == "win32"  # for mypy, which does not know skip

import csv
import io
import random
import subprocess
import sysconfig
from pathlib import Path

from digitwatch.running.instance import is_running, last_status
from digitwatch.running.launch import launch_of
from tests.program import configure, digitwatch, running
from tests.waiting import SLOW_START, wait_until

KILLS = 10


@pytest.fixture
def home(tmp_path, models):
    configure(tmp_path, models)
    yield tmp_path
    digitwatch(tmp_path, "stop")
    assert not is_running(tmp_path / "outbox")


def rows(home, *columns):
    path = home / "outbox" / "predictions.csv"
    text = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
    found = csv.DictReader(io.StringIO(text, newline=""))
    return [tuple(row[column] for column in columns) for row in found]


def test_the_detached_watcher_sees_what_is_made_overwritten_and_renamed(home, draw):
    assert launch_of(None, home).program.name == "pythonw.exe"
    assert digitwatch(home, "start").returncode == 0
    path = home / "inbox" / "a.png"
    path.write_bytes(draw(7))
    wait_until(lambda: rows(home, "digits") == [("7",)])
    path.write_bytes(draw(0))
    wait_until(lambda: rows(home, "digits") == [("7",), ("0",)])
    (home / "inbox" / "a.png.tmp").write_bytes(draw(7, seed=3))
    (home / "inbox" / "a.png.tmp").replace(path)
    wait_until(lambda: len(rows(home, "digits")) == 3)
    assert {file for (file,) in rows(home, "file")} == {"a.png"}
    assert digitwatch(home, "status").returncode == 0
    assert digitwatch(home, "start").returncode == 4
    assert "has stopped" in digitwatch(home, "stop").stdout
    assert last_status(home / "outbox")["state"] == "stopped"
    assert digitwatch(home, "status").returncode == 1


def test_whoever_ends_it_at_whatever_moment_each_drawing_has_one_row(home, draw):
    (home / "inbox").mkdir()
    moments = random.Random(5)  # noqa: S311 - no secret
    for count in range(KILLS):
        (home / "inbox" / f"{count:02}.png").write_bytes(draw(count % 10, seed=count))
        with running(home, "watch") as process:
            wait_until(lambda: is_running(home / "outbox"), SLOW_START)
            wait_until(lambda: last_status(home / "outbox").get("state") == "watching")
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(moments.uniform(0.0, 0.3))
    digitwatch(home, "start")
    wait_until(lambda: len(rows(home, "file")) >= KILLS)
    digitwatch(home, "stop")
    names = [file for (file,) in rows(home, "file")]
    assert sorted(names) == [f"{count:02}.png" for count in range(KILLS)]
    shown = {name for (name,) in rows(home, "thumbnail")}
    kept = (home / "outbox" / "thumbnails").rglob("*.png")
    assert {path.relative_to(home / "outbox").as_posix() for path in kept} == shown


@pytest.mark.parametrize(
    "name",
    [
        "=1+1.png",
        "50% & more ^(1) !x!.png",
        "\N{GRINNING FACE} sieben.png",
        "ÄÖÜ ß é.png",
        "数字.png",
        "two  spaces and a ; semicolon, comma.png",
        "UPPER.PNG",
        "x" * 180 + ".png",
    ],
)
def test_odd_names_are_read_and_kept(home, draw, name):
    (home / "inbox").mkdir()
    (home / "inbox" / name).write_bytes(draw(7))
    shown = digitwatch(home, "classify", "inbox")
    assert shown.returncode == 0, shown.stdout
    assert rows(home, "file") == [(f"'{name}" if name.startswith("=") else name,)]


def test_the_wheel_brings_an_exe(home, draw):
    program = Path(sysconfig.get_path("scripts")) / "digitwatch.exe"
    if not program.exists():
        pytest.skip("digitwatch is not installed here, so there is no digitwatch.exe")
    (home / "inbox").mkdir()
    (home / "inbox" / "seven.png").write_bytes(draw(7))
    done = subprocess.run(
        [str(program), "classify", "inbox"], cwd=home, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(home, "digits") == [("7",)]
