import csv
import io
import os
import stat
import sys
from datetime import datetime
from pathlib import Path

import pytest

from digitwatch.errors import ConfigError, WriteError
from digitwatch.recording.export import MORE_COLUMNS, export, refuse
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import COLUMNS
from tests.recording.making import make_mark, make_record

NOON = datetime(2026, 11, 25, 12, 0, 0)


@pytest.fixture
def outbox(tmp_path):
    """2,500 records, of which the first is corrected."""
    with Outbox(tmp_path) as outbox:
        first = make_record("first", file="=a.png", marks=(make_mark(0), make_mark(None, line=1)))
        others = [make_record(f"{n:05}", sha256=f"{n}", path=f"/{n}") for n in range(2499)]
        outbox.ledger.add([[record] for record in (first, *others)])
        outbox.correct("first", "0 / 2", NOON)
        yield outbox


def test_a_csv_has_every_record_with_what_people_say_of_it(outbox, tmp_path):
    path = tmp_path / "all.csv"
    assert export(outbox.ledger, path, ";") == 2500
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfid;")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert tuple(rows[0]) == (*COLUMNS, *MORE_COLUMNS)
    assert len(rows) == 2500
    assert (rows[0]["correct"], rows[0]["correct_time"]) == ("0 / 2", "2026-11-25 12:00:00")
    assert rows[0]["file"] == "'=a.png"
    assert rows[1]["correct"] == rows[1]["correct_time"] == ""


def test_a_parquet_file_has_numbers_times_and_every_mark(outbox, tmp_path):
    pl = pytest.importorskip("polars")
    path = tmp_path / "all.parquet"
    assert export(outbox.ledger, path, ",") == 2500
    table = pl.read_parquet(path)
    first = table.row(0, named=True)
    assert table.height == 2500
    assert first["file"] == "=a.png"
    assert first["time"] == datetime(2026, 11, 22, 13, 5, 9)
    assert (first["correct"], first["correct_time"]) == ("0 / 2", NOON)
    assert first["confidence"] == 98
    assert [mark["digit"] for mark in first["marks"]] == [0, None]
    assert first["marks"][0]["grid"][1][2] == 3.0


@pytest.mark.skipif(os.name != "posix", reason="links and permissions are others there")
def test_a_file_behind_a_link_stays_there_and_keeps_its_permissions(outbox, tmp_path):
    (tmp_path / "real.csv").touch(mode=0o600)
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    export(outbox.ledger, tmp_path / "link.csv", ",")
    assert (tmp_path / "link.csv").is_symlink()
    assert stat.S_IMODE((tmp_path / "real.csv").stat().st_mode) == 0o600
    assert (tmp_path / "real.csv").stat().st_size > 1000


def test_another_ending_is_refused(outbox, tmp_path):
    with pytest.raises(ConfigError, match=r"neither in \.csv nor in \.parquet"):
        export(outbox.ledger, tmp_path / "all.xlsx", ",")


def test_without_its_library_parquet_says_what_to_install(outbox, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "polars", None)
    with pytest.raises(ConfigError, match=r"digitwatch\[parquet\]"):
        export(outbox.ledger, tmp_path / "all.parquet", ",")
    assert list(tmp_path.glob(".*.tmp")) == []


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_else(
    outbox, tmp_path, monkeypatch
):
    path = tmp_path / "all.csv"
    path.write_bytes(b"old")
    monkeypatch.setattr(outbox.ledger, "every_record", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        export(outbox.ledger, path, ",")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.glob(".*.tmp")) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
@pytest.mark.parametrize("name", ["all.csv", "all.parquet"])
def test_a_full_disk_is_said_of_the_file_that_was_asked_for(outbox, tmp_path, name, monkeypatch):
    if name.endswith(".parquet"):
        pytest.importorskip("polars")
    path = tmp_path / name
    path.write_bytes(b"old")
    open_ = Path.open

    def full(self, mode="r", **options):
        if not self.name.startswith(f".{name}-"):
            return open_(self, mode, **options)
        open_(self, mode, **options).close()
        return open_(Path("/dev/full"), "wb")

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(WriteError) as caught:
        export(outbox.ledger, path, ",")
    words = str(caught.value)
    assert words.startswith(f"{path} cannot be written: No space left on device; free some space")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.glob(".*.tmp")) == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("predictions.csv", "own file"),
        ("digitwatch.db", "own file"),
        ("the ledger by another name.csv", "own file"),
        ("all.xlsx", r"neither in \.csv nor in \.parquet"),
        ("missing/all.csv", r"there is no folder .*missing; make it"),
        ("folder.csv", "is a folder"),
    ],
)
def test_where_nothing_can_be_exported_to_is_refused(outbox, name, words):
    (outbox.folder / "folder.csv").mkdir()
    (outbox.folder / "the ledger by another name.csv").hardlink_to(outbox.ledger.path)
    with pytest.raises(ConfigError, match=words):
        refuse(outbox.folder / name, outbox)
