"""What Windows does about files that several programs have open at once."""
# ruff: noqa: E402 - what follows is there on Windows alone

import sys

import pytest

if sys.platform != "win32":
    pytest.skip("these ask Windows itself", allow_module_level=True)
assert sys.platform == "win32"  # for mypy, which does not know skip

import logging

from digitwatch import files
from digitwatch.recording.log_file import LogFile
from digitwatch.running.drawings import DeniedError, load
from tests.waiting import wait_until
from tests.windows.holding import SHARE_READ, WRITE, held, in_another_process


def save(desk, draw, *names):
    for name in names:
        (desk.inbox / name).write_bytes(draw(7, seed=ord(name[0])))


def test_rows_wait_while_the_csv_is_open_without_sharing_and_come_once_and_in_order(
    desk, watching, rows, draw
):
    activity = watching()
    save(desk, draw, "a.png")
    wait_until(lambda: rows("file") == [("a.png",)])
    table = desk.outbox / "predictions.csv"
    with held(table):
        for count, name in enumerate(("b.png", "c.png", "d.png"), start=1):
            save(desk, draw, name)
            wait_until(lambda count=count: activity.rows_waiting == count)  # type: ignore[misc]  # bound now
        assert "open elsewhere" in activity.hindrances["csv"]
    wait_until(lambda: len(rows("file")) == 4)
    assert [file for (file,) in rows("file")] == ["a.png", "b.png", "c.png", "d.png"]
    wait_until(lambda: not activity.hindrances)


@pytest.mark.parametrize(
    "code",
    [
        "import os, sys; os.rename(sys.argv[1], sys.argv[1] + '.old')",
        "import os, sys; os.remove(sys.argv[1])",
        "import sys; open(sys.argv[1], 'r+b').write(b'new')",
        "import sys; open(sys.argv[1], 'wb').write(b'new')",
    ],
)
def test_while_a_drawing_is_read_other_programs_may_do_with_it_what_they_like(tmp_path, code):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    with open(path, "rb", opener=files._share_everything):  # noqa: SLF001 - held open here
        in_another_process(code, path)


def test_a_drawing_that_a_program_is_writing_is_waited_for(desk, watching, rows, draw):
    activity = watching()
    path = desk.inbox / "a.png"
    path.write_bytes(draw(7))
    with held(path):
        save(desk, draw, "b.png")
        wait_until(lambda: ("b.png",) in rows("file"))
        assert ("a.png", "ok") not in rows("file", "status")
    wait_until(lambda: ("a.png", "ok") in rows("file", "status"))
    wait_until(lambda: not activity.held_up)


def test_a_drawing_that_nobody_may_read_is_told_apart(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"old")
    with held(path, WRITE), pytest.raises(DeniedError):
        load(path)
    with held(path, WRITE, SHARE_READ):
        assert load(path).data == b"old"


def test_the_log_grows_on_while_another_program_has_it_open(tmp_path, monkeypatch):
    monkeypatch.setattr("digitwatch.recording.log_file.BYTES", 500)
    path = tmp_path / "digitwatch.log"
    troubles: list[str] = []
    handler = LogFile(path, troubles.append)
    log = logging.getLogger("digitwatch.rotation")
    log.addHandler(handler)
    log.error("first")
    with path.open(encoding="utf-8"):
        for number in range(40):
            log.error("line %d", number)
    log.error("the last line")
    log.removeHandler(handler)
    handler.close()
    kept = "".join(file.read_text(encoding="utf-8") for file in tmp_path.glob("digitwatch.log*"))
    assert all(f"line {number}\n" in kept for number in range(20, 40))
    assert "the last line" in path.read_text(encoding="utf-8")
    assert not troubles


def test_what_cannot_be_moved_now_is_moved_later(desk, watching, rows, draw, monkeypatch):
    monkeypatch.setattr("digitwatch.running.watch.LONGEST_RETRY_SECONDS", 0.2)
    path = desk.inbox / "a.png"
    path.write_bytes(draw(7))
    with path.open("rb"):
        activity = watching(after="move")
        wait_until(lambda: "move" in activity.hindrances)
        wait_until(lambda: rows("file") == [("a.png",)])
        assert path.exists()
    wait_until(lambda: not path.exists())
    assert rows("file") == [("a.png",)]
