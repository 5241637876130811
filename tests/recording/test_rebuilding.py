import csv
import io
from datetime import datetime

import pytest

from digitwatch.recording.corrections import take
from digitwatch.recording.csv_log import CsvError
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.rebuilding import rebuild
from digitwatch.recording.record import COLUMNS
from tests.recording.making import make_entry, make_record

NOON = datetime(2026, 11, 25, 12, 0, 0)


@pytest.fixture
def outbox(tmp_path):
    with Outbox(tmp_path) as outbox:
        for letter in "bcdfg":
            record = make_record(f"{letter * 5}-{letter * 5}", path=f"/{letter}", sha256=letter)
            outbox.keep([make_entry(record)])
        outbox.project()
        yield outbox


def table_of(outbox, delimiter=","):
    text = outbox.csv.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter))


def correct_cells(outbox):
    return {row["id"][0]: row["correct"] for row in table_of(outbox)}


def save(outbox, rows):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    outbox.csv.write_bytes(text.getvalue().encode("utf-16"))


def test_deleted_rows_come_back_and_all_that_people_typed_stays(outbox):
    rows = table_of(outbox)
    for row, correct in zip(rows, ("1", "nonsense", "", "7.0", ""), strict=True):
        row |= {"correct": correct, "my notes": f"about {row['id'][0]}"}
    rows.append(rows[0] | {"id": "zzzzz-zzzzz", "correct": "9"})
    save(outbox, rows)
    take(outbox, NOON)
    save(outbox, rows[1:])
    outbox.correct("ddddd-ddddd", "3", NOON)
    before = outbox.csv.read_bytes()

    rebuilt = rebuild(outbox, ",", NOON)

    assert (rebuilt.rows, rebuilt.strange) == (6, 1)
    assert rebuilt.copy
    assert rebuilt.copy.read_bytes() == before
    assert rebuilt.copy.name == "predictions-before-2026-11-25-120000.csv"
    assert tuple(table_of(outbox)[0]) == (*COLUMNS, "my notes")
    expected = {"z": "9", "b": "1", "c": "nonsense", "d": "3", "f": "7.0", "g": ""}
    assert correct_cells(outbox) == expected
    notes = {row["id"][0]: row["my notes"] for row in table_of(outbox)}
    assert notes == {"z": "about b", "b": "", "c": "about c", "d": "about d", "f": "about f",
                     "g": "about g"}  # fmt: skip
    assert outbox.project() is None
    taken = take(outbox, NOON)
    assert (taken.new, taken.withdrawn, len(taken.nonsense)) == (0, 0, 1)
    assert correct_cells(outbox) == expected


@pytest.mark.parametrize("content", [None, b"", b"something,else\r\n1,2\r\n"])
def test_a_table_that_is_gone_or_another_is_made_anew(outbox, content):
    outbox.csv.unlink()
    if content is not None:
        outbox.csv.write_bytes(content)
    rebuilt = rebuild(outbox, ",", NOON)
    assert rebuilt.rows == len(table_of(outbox)) == 5
    assert (rebuilt.copy.read_bytes() if rebuilt.copy else None) == content


def test_rows_that_waited_are_there_once(outbox):
    outbox.keep([make_entry(make_record("hhhhh-hhhhh", path="/h", sha256="h"))])
    rebuild(outbox, ",", NOON)
    assert outbox.project() is None
    assert [row["id"][0] for row in table_of(outbox)] == list("bcdfgh")


def test_killed_before_the_ledger_knows_rows_are_there_once(outbox, monkeypatch):
    outbox.keep([make_entry(make_record("hhhhh-hhhhh", path="/h", sha256="h"))])
    with monkeypatch.context() as patched:
        patched.setattr(outbox.ledger, "mark_all_in_csv", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rebuild(outbox, ",", NOON)
    assert outbox.project() is None
    assert [row["id"][0] for row in table_of(outbox)] == list("bcdfgh")


def test_it_is_not_made_anew_while_a_person_has_it_open(outbox):
    (outbox.folder / ".~lock.predictions.csv#").touch()
    with pytest.raises(CsvError, match="open in LibreOffice"):
        rebuild(outbox, ",", NOON)
