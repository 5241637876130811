import csv
import io

import pytest

from digitwatch.recording import csv_log
from digitwatch.recording.csv_log import CsvError, append, without_formula
from digitwatch.recording.record import COLUMNS
from tests.recording.making import make_record


def rows(path, encoding="utf-8-sig", delimiter=","):
    text = path.read_bytes().decode(encoding)
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def test_a_new_file_is_what_excel_opens_by_a_double_click(tmp_path):
    path = tmp_path / "p.csv"
    append(path, [make_record()], ",", doubtful=False)
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbfid,time,file,page,digits,")
    assert content.endswith(b"\r\n")
    assert content.count(b"\n") == content.count(b"\r\n") == 2
    assert tuple(rows(path)[0]) == COLUMNS
    assert rows(path)[0] == {
        "id": "kmtrs-bdfgh",
        "time": "2026-11-22 13:05:09",
        "file": "seven.png",
        "page": "1",
        "digits": "7",
        "confidence": "98",
        "status": "ok",
        "note": "",
        "correct": "",
        "thumbnail": "thumbnails/2026-11/seven_kmtrs-bdfgh.png",
        "model": "m1234abcd",
    }


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("=1+1.png", "'=1+1.png"),
        ("+a", "'+a"),
        ("-a", "'-a"),
        ("@a", "'@a"),
        ("\ta", "'\ta"),
        ("\ra", "'\ra"),
        ("a=1", "a=1"),
        ("", ""),
    ],
)
def test_a_name_cannot_become_a_formula(text, cell):
    assert without_formula(text) == cell


@pytest.mark.parametrize(
    "name", ['a"b,c;d.png', "line\nbreak.png", "\N{GRINNING FACE}.png", "数.png"]
)
def test_an_odd_name_stays_in_its_cell(tmp_path, name):
    path = tmp_path / "p.csv"
    append(path, [make_record(file=name), make_record("other")], ",", doubtful=False)
    assert [row["file"] for row in rows(path)] == [name, "seven.png"]


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8-sig", ";"), ("utf-8", ","), ("utf-16", "\t"), ("cp1252", ";")],
)
def test_new_rows_are_written_as_the_person_saved_the_file(tmp_path, encoding, delimiter):
    path = tmp_path / "p.csv"
    header = delimiter.join(["digits", "id", "my remarks", "file"])
    line = delimiter.join(["5", "old", "schön", "five.png"])
    path.write_bytes(f"{header}\r\n{line}\r\n".encode(encoding))
    append(path, [make_record(file="für.png")], ",", doubtful=False)
    assert rows(path, encoding, delimiter) == [
        {"digits": "5", "id": "old", "my remarks": "schön", "file": "five.png"},
        {"digits": "7", "id": "kmtrs-bdfgh", "my remarks": "", "file": "für.png"},
    ]


def test_a_last_line_without_its_end_gets_one(tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes(b"id,digits\r\nold,5")
    append(path, [make_record()], ",", doubtful=False)
    assert path.read_bytes() == b"id,digits\r\nold,5\r\nkmtrs-bdfgh,7\r\n"


@pytest.mark.parametrize("content", [b"", b"\r\n", b"\xef\xbb\xbf", b"\xef\xbb\xbfid,time,fi"])
def test_a_file_that_was_emptied_or_only_begun_is_begun_anew(tmp_path, content):
    path = tmp_path / "p.csv"
    path.write_bytes(content)
    append(path, [make_record()], ",", doubtful=True)
    assert [row["id"] for row in rows(path)] == ["kmtrs-bdfgh"]


@pytest.mark.parametrize("content", [b"name,age\r\nme,7\r\n", b"\x00\x01\x02 garbage"])
def test_a_file_that_is_not_ours_any_more_is_not_written_to(tmp_path, content):
    path = tmp_path / "p.csv"
    path.write_bytes(content)
    with pytest.raises(CsvError) as caught:
        append(path, [make_record()], ",", doubtful=False)
    assert caught.value.remedy
    assert path.read_bytes() == content


def test_a_file_that_only_begins_empty_is_not_emptied(tmp_path):
    path = tmp_path / "p.csv"
    content = b"\r\n" * csv_log.HEAD_BYTES + b"precious notes"
    path.write_bytes(content)
    with pytest.raises(CsvError):
        append(path, [make_record()], ",", doubtful=False)
    assert path.read_bytes() == content


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_an_append_that_was_cut_at_any_byte_is_made_good(tmp_path, delimiter):
    whole, torn = tmp_path / "whole.csv", tmp_path / "torn.csv"
    old = make_record("old", file="first.png")
    pending = [make_record("bbbbb-cc", file='a "b",\nc.png'), make_record("bbbbb-dd", model="mm")]
    append(whole, [old], delimiter, doubtful=False)
    start = len(whole.read_bytes())
    append(whole, pending, delimiter, doubtful=False)
    content = whole.read_bytes()
    for length in range(start, len(content) + 1):
        torn.write_bytes(content[:length])
        append(torn, pending, delimiter, doubtful=True)
        assert torn.read_bytes() == content, length


def test_what_a_person_left_unfinished_at_the_end_is_not_cut_off(tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes(b"id,digits\r\nmine,")
    append(path, [make_record()], ",", doubtful=True)
    assert path.read_bytes() == b"id,digits\r\nmine,\r\nkmtrs-bdfgh,7\r\n"


def test_a_row_that_a_person_deleted_stays_deleted(tmp_path):
    path = tmp_path / "p.csv"
    append(path, [make_record("one"), make_record("two")], ",", doubtful=False)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    append(path, [make_record("three")], ",", doubtful=True)
    assert [row["id"] for row in rows(path)] == ["one", "three"]


def test_a_long_file_with_letters_beyond_its_head_is_still_utf_8(tmp_path, monkeypatch):
    monkeypatch.setattr(csv_log, "HEAD_BYTES", 41)
    path = tmp_path / "p.csv"
    path.write_bytes("id,digits,file\r\nxxxxxxxxxxxxxxxxxxxx,1,ääää\r\n".encode())
    append(path, [make_record(file="ö.png")], ",", doubtful=False)
    assert rows(path, "utf-8")[-1]["file"] == "ö.png"
