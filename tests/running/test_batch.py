import errno
import os
from pathlib import Path

import pytest

from digitwatch.errors import ConfigError
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import Record
from digitwatch.running import batch
from digitwatch.running.batch import gather
from digitwatch.running.workers import on_cores


@pytest.fixture
def outbox(desk):
    with Outbox(desk.outbox) as opened:
        yield opened


def _no_one(*_):
    pass


def classify(drawings, reader, outbox, on_read):
    return batch.classify(drawings, len(drawings), on_cores(reader, 1), outbox, on_read)


def test_folders_are_looked_into_and_files_are_taken_as_they_are_given(tmp_path):
    scans = tmp_path / "scans"
    (scans / "sub").mkdir(parents=True)
    for name in ("b.png", "a.png", "sub/c.png", "notes.txt"):
        (scans / name).touch()
    found = gather([scans, scans / "notes.txt", scans / "a.png"], tmp_path / "o", recursive=True)
    assert [drawing.file for drawing in found] == ["a.png", "b.png", "sub/c.png", "notes.txt"]


def test_a_folder_that_cannot_be_looked_into_is_named(tmp_path, monkeypatch):
    (tmp_path / "closed").mkdir()
    (tmp_path / "a.png").touch()
    scandir = os.scandir

    def refuse(path):
        if Path(path).name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    found = gather([tmp_path], tmp_path / "outbox", recursive=True)
    assert [drawing.file for drawing in found] == ["a.png"]
    assert found.closed == {f"{tmp_path.resolve() / 'closed'}: Permission denied"}


def test_what_digitwatch_wrote_itself_is_passed_over(tmp_path):
    (tmp_path / "outbox" / "thumbnails").mkdir(parents=True)
    (tmp_path / "outbox" / "thumbnails" / "t.png").touch()
    (tmp_path / "a.png").touch()
    found = gather([tmp_path], tmp_path / "outbox", recursive=True)
    assert [drawing.file for drawing in found] == ["a.png"]
    (tmp_path / "thumbnails").mkdir()
    (tmp_path / "thumbnails" / "t.png").touch()
    found = gather([tmp_path / "a.png", tmp_path], tmp_path, recursive=True)
    assert [drawing.file for drawing in found] == ["a.png", "outbox/thumbnails/t.png"]


def test_a_file_has_one_name_however_it_is_spelt(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.png").touch()
    (one,) = gather([tmp_path / "a.png"], tmp_path / "o", recursive=True)
    (two,) = gather([tmp_path / "sub" / ".." / "a.png"], tmp_path / "o", recursive=True)
    assert one == two


def test_a_path_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"there is no .*nowhere"):
        gather([tmp_path / "nowhere"], tmp_path / "outbox", recursive=True)


def test_a_batch_is_counted_and_a_second_one_reads_nothing_again(desk, reader, outbox, draw):
    (desk.inbox / "seven.png").write_bytes(draw(7))
    (desk.inbox / "bad.png").write_bytes(b"no picture")
    drawings = gather([desk.inbox], desk.outbox, recursive=True)
    summary = classify(drawings, reader, outbox, _no_one)
    assert (summary.files, summary.known, dict(summary.pages)) == (2, 0, {"ok": 1, "error": 1})
    assert summary.has_failures
    again = classify(drawings, reader, outbox, _no_one)
    assert (again.files, again.known, again.pages.total()) == (2, 2, 0)


def test_a_file_that_vanishes_and_a_folder_with_its_name_get_rows(desk, reader, outbox, draw):
    (desk.inbox / "a.png").write_bytes(draw(7))
    (desk.inbox / "gone.png").touch()
    (desk.inbox / "x.png").mkdir()
    drawings = list(gather([desk.inbox], desk.outbox, recursive=True))
    (desk.inbox / "gone.png").unlink()
    records: list[Record] = []
    classify(drawings, reader, outbox, lambda _, read: records.extend(read))
    assert [(record.file, record.status) for record in records] == [
        ("a.png", "ok"), ("gone.png", "error"), ("x.png", "error"),
    ]  # fmt: skip
    assert "gone" in records[1].note


def test_a_fault_of_ours_costs_one_row_and_not_the_batch(desk, reader, outbox, draw, monkeypatch):
    for name in ("a.png", "b.png"):
        (desk.inbox / name).write_bytes(draw(7, seed=ord(name[0])))
    read_all = type(reader).read_all

    def stumble(self, files):
        if "a.png" in [file.name for file in files]:
            raise RuntimeError("a bug")
        return read_all(self, files)

    monkeypatch.setattr(type(reader), "read_all", stumble)
    drawings = gather([Path(desk.inbox)], desk.outbox, recursive=True)
    summary = classify(drawings, reader, outbox, _no_one)
    assert dict(summary.pages) == {"ok": 1, "error": 1}


def test_a_file_whose_library_is_missing_says_what_to_install_and_is_read_afterwards(
    desk, reader, outbox, rows, monkeypatch
):
    (desk.inbox / "empty.pdf").write_bytes(b"%PDF-1.7\n%%EOF\n")
    drawings = gather([desk.inbox], desk.outbox, recursive=True)
    with monkeypatch.context() as patch:
        patch.setattr("digitwatch.reading.image.find_spec", lambda _: None)
        classify(drawings, reader, outbox, _no_one)
        classify(drawings, reader, outbox, _no_one)
    ((note,),) = rows("note")
    assert 'pip install "digitwatch[pdf]"' in note
    pytest.importorskip("pypdfium2")
    classify(drawings, reader, outbox, _no_one)
    assert [said for (said,) in rows("note")] == [note, "the picture is damaged"]
