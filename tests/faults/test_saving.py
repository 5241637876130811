"""How programs save: in pieces, by renaming, over what is being read, again and again."""

import os

import pytest

from digitwatch.files import read_in_nobodys_way
from digitwatch.running import drawings
from tests.waiting import wait_until


@pytest.mark.parametrize("form", ["PNG", "BMP", "JPEG", "GIF", "TIFF", "WEBP"])
def test_nothing_is_read_from_half_a_file(desk, watching, rows, draw, form):
    watching()
    data = draw(7, form, seed=1)
    path = desk.inbox / f"slow.{form.lower()}"
    with path.open("wb", buffering=0) as file:
        for number, start in enumerate(range(0, len(data), len(data) // 4 + 1)):
            file.write(data[start : start + len(data) // 4 + 1])
            # Between two pieces the watcher reads another drawing.
            (desk.inbox / f"{number}.png").write_bytes(draw(0, seed=number))
            wait_until(lambda number=number: (f"{number}.png",) in rows("file"))  # type: ignore[misc]  # bound now
    wait_until(lambda: (path.name, "7") in rows("file", "digits"))
    assert rows("file").count((path.name,)) == 1


def test_a_file_that_is_overwritten_while_it_is_read_is_read_as_it_is_in_the_end(
    desk, watching, rows, draw, monkeypatch
):
    path = desk.inbox / "a.png"
    second = draw(0)

    def overwritten(opened):
        data = read_in_nobodys_way(opened)
        if opened == path and data != second:
            path.write_bytes(second)
        return data

    monkeypatch.setattr(drawings, "read_in_nobodys_way", overwritten)
    path.write_bytes(draw(7))
    watching()
    wait_until(lambda: rows("file", "digits") == [("a.png", "0")])


def test_each_content_gets_a_row_when_a_file_changes_back_and_none_when_it_does_not_change(
    desk, watching, rows, draw
):
    watching(rescan_seconds=0.2)
    path = desk.inbox / "a.png"
    for count, digit in enumerate((7, 0, 7), start=1):
        path.write_bytes(draw(digit))
        wait_until(lambda count=count: len(rows("id")) == count)  # type: ignore[misc]  # bound now
        path.write_bytes(draw(digit))
        os.utime(path, (count, count))
        (desk.inbox / f"mark-{count}.txt").touch()
    (desk.inbox / "last.png").write_bytes(draw(1))
    wait_until(lambda: ("last.png",) in rows("file"))
    assert rows("digits")[:3] == [("7",), ("0",), ("7",)]
    assert rows("file").count(("a.png",)) == 3


def test_a_file_that_is_gone_before_it_is_read_gets_no_row(
    desk, watching, rows, draw, monkeypatch, caplog
):
    def gone(path):
        if path.name == "gone.png":
            path.unlink(missing_ok=True)
        return read_in_nobodys_way(path)

    monkeypatch.setattr(drawings, "read_in_nobodys_way", gone)
    caplog.set_level("INFO", "digitwatch")
    watching()
    (desk.inbox / "gone.png").write_bytes(draw(7))
    wait_until(lambda: "gone.png is gone" in caplog.text)
    (desk.inbox / "next.png").write_bytes(draw(7))
    wait_until(lambda: rows("file") == [("next.png",)])


def test_saving_by_way_of_a_file_with_another_name_is_seen(desk, watching, rows, draw):
    watching()
    for number, scratch in enumerate(("a.png.part", ".a.png.swp", "~a.tmp", "a.crdownload")):
        (desk.inbox / scratch).write_bytes(draw(7, seed=number))
        (desk.inbox / scratch).replace(desk.inbox / "a.png")
        wait_until(lambda number=number: len(rows("file")) == number + 1)  # type: ignore[misc]  # bound now
    assert {file for (file,) in rows("file")} == {"a.png"}


def test_a_drawing_that_never_comes_to_an_end_waits_and_is_never_given_up(
    desk, watching, rows, draw
):
    activity = watching(settle_seconds=2.0)
    path = desk.inbox / "scan.bmp"
    data = draw(7, "BMP")
    with path.open("wb", buffering=0) as file:
        for number in range(10):
            file.write(data[number * 100 : number * 100 + 100])
            (desk.inbox / f"{number}.png").write_bytes(draw(0, seed=number))
            wait_until(lambda number=number: (f"{number}.png",) in rows("file"))  # type: ignore[misc]  # bound now
        assert ("scan.bmp",) not in rows("file")
        file.write(data[1000:])
    wait_until(lambda: rows("file", "digits")[-1] == ("scan.bmp", "7"))
    wait_until(lambda: not activity.held_up)


def test_originals_are_never_touched(desk, watching, rows, draw):
    path = desk.inbox / "a.png"
    path.write_bytes(draw(7))
    before = path.stat()
    watching()
    wait_until(lambda: rows("file") == [("a.png",)])
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)
    assert path.read_bytes() == draw(7)
