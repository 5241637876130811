import csv
import io
import os
import sqlite3
import stat
from contextlib import closing
from datetime import datetime

import pytest

from digitwatch.recording import rebuilding
from digitwatch.recording.corrections import take
from digitwatch.recording.csv_log import CsvError
from digitwatch.recording.csv_rows import read_table
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
    assert bool(rebuilt.trouble) is bool(content)


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


def test_a_cell_that_is_cleared_after_the_table_was_made_anew_takes_back_what_was_said(outbox):
    outbox.csv.unlink()
    outbox.correct("bbbbb-bbbbb", "5", NOON)
    assert outbox.project() is None
    rebuild(outbox, ",", NOON)
    assert correct_cells(outbox)["b"] == "5"
    assert take(outbox, NOON).new == 0
    clear(outbox, "b")
    assert take(outbox, NOON).withdrawn == 1
    rebuild(outbox, ",", NOON)
    assert correct_cells(outbox)["b"] == ""


def test_a_cell_that_is_cleared_before_it_was_looked_at_stays_so(outbox):
    outbox.correct("bbbbb-bbbbb", "5", NOON)
    outbox.project()
    clear(outbox, "b")
    rebuild(outbox, ",", NOON)
    assert correct_cells(outbox)["b"] == ""
    assert take(outbox, NOON).withdrawn == 1


def clear(outbox, letter):
    rows = table_of(outbox)
    save(outbox, [row | {"correct": ""} if row["id"][0] == letter else row for row in rows])


def test_killed_before_the_ledger_knows_cells_are_nobodys_word(outbox, monkeypatch):
    outbox.correct("bbbbb-bbbbb", "5", NOON)
    outbox.csv.unlink()
    with monkeypatch.context() as patched:
        patched.setattr(outbox.ledger.corrections, "mark_written", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rebuild(outbox, ",", NOON)
    outbox.correct("bbbbb-bbbbb", "6", NOON)
    assert take(outbox, NOON).new == 0
    assert outbox.project() is None
    assert correct_cells(outbox)["b"] == "6"


def test_copies_of_a_row_that_clash_are_kept_until_a_person_decides(outbox):
    rows = table_of(outbox)
    twice = [rows[0] | {"correct": "1"}, rows[0] | {"correct": "2"}, rows[1] | {"correct": "3"}]
    save(outbox, [*twice, *rows[1:], rows[2]])
    rebuild(outbox, ",", NOON)
    found = [(row["id"][0], row["correct"]) for row in table_of(outbox)]
    assert found == [("b", "1"), ("b", "2"), ("c", "3"), ("d", ""), ("f", ""), ("g", "")]
    assert len(take(outbox, NOON).nonsense) == 2


def test_columns_without_a_heading_or_with_the_same_one_and_cells_beyond_stay(outbox):
    first, *rows = outbox.csv.read_bytes().decode("utf-8-sig").splitlines()
    lines = [f"{first},mine,,mine", *(f"{row},a{n},b{n},c{n},d{n}" for n, row in enumerate(rows))]
    outbox.csv.write_text("\r\n".join(lines) + "\r\n", "utf-8", newline="")
    rebuild(outbox, ",", NOON)
    first, *rows = outbox.csv.read_bytes().decode("utf-8-sig").splitlines()
    assert first.endswith(",model,mine,,mine,")
    assert [row.split(",")[-4:] for row in rows] == [
        [f"a{n}", f"b{n}", f"c{n}", f"d{n}"] for n in range(5)
    ]


def test_a_line_break_in_the_name_of_a_column_of_theirs_changes_nothing(outbox):
    text = outbox.csv.read_bytes()
    outbox.csv.write_bytes(text.replace(b",correct,", b',"my\nnotes",correct,', 1))
    rows = table_of(outbox)
    save(outbox, [rows[0] | {"correct": "4", "my\nnotes": "x"}, *rows[1:]])
    rebuild(outbox, ",", NOON)
    assert correct_cells(outbox)["b"] == "4"
    assert table_of(outbox)[0]["my\nnotes"] == "x"


def test_a_second_copy_of_the_same_second_does_not_replace_the_first(outbox):
    before = outbox.csv.read_bytes()
    first = rebuild(outbox, ",", NOON)
    second = rebuild(outbox, ";", NOON)
    assert first.copy != second.copy
    assert {path.read_bytes() for path in outbox.folder.glob("*-before-*")} == {before}


def test_what_was_typed_into_rows_with_ids_of_others_stays_out(outbox):
    rows = [row | {"file": f"{row['id'][0]}.png"} for row in table_of(outbox)]
    with closing(sqlite3.connect(outbox.ledger.path)) as connection, connection:
        connection.execute("UPDATE records SET file = substr(id, 1, 1) || '.png'")
    first, second = rows[0]["file"], rows[1]["file"]
    rows[0] |= {"file": second, "correct": "1"}
    rows[1] |= {"file": first, "correct": "2"}
    save(outbox, [*rows[:2], rows[2] | {"correct": "3"}, *rows[3:]])
    assert rebuild(outbox, ",", NOON).mixed_up == 2
    assert correct_cells(outbox) == {"b": "", "c": "", "d": "3", "f": "", "g": ""}


def test_where_the_column_was_renamed_what_was_typed_before_stays(outbox):
    rows = table_of(outbox)
    save(outbox, [rows[0] | {"correct": "1"}, *rows[1:]])
    take(outbox, NOON)
    text = outbox.csv.read_bytes().decode("utf-16")
    outbox.csv.write_text(text.replace("correct", "Correct", 1), "utf-16", newline="")
    rebuild(outbox, ",", NOON)
    assert correct_cells(outbox)["b"] == "1"
    taken = take(outbox, NOON)
    assert (taken.new, taken.withdrawn) == (0, 0)


def test_rows_without_an_id_are_a_persons_own_and_stay(outbox):
    rows = table_of(outbox)
    own = dict.fromkeys(rows[0], "")
    save(outbox, [*rows, own | {"file": "five in all"}, own])
    assert rebuild(outbox, ",", NOON).strange == 1
    assert [row["file"] for row in table_of(outbox)].count("five in all") == 1


def test_rows_behind_a_quotation_mark_that_nobody_closed_are_there_once(outbox):
    text = outbox.csv.read_bytes()
    outbox.csv.write_bytes(text.replace(b"seven.png", b'"seven.png', 1))
    assert rebuild(outbox, ",", NOON).rows == 5
    assert [row["id"][0] for row in table_of(outbox)] == list("bcdfg")
    assert all(len(row["file"]) < 20 for row in table_of(outbox))


def test_a_torn_last_row_is_no_row_of_a_persons(outbox):
    record = make_record("hhhhh-hhhhh", path="/h", sha256="h")
    outbox.keep([make_entry(record)])
    outbox.ledger.begin_attempt([record.id])
    with outbox.csv.open("ab") as file:
        file.write(b"hhhhh-hh")
    assert rebuild(outbox, ",", NOON).strange == 0
    assert [row["id"][0] for row in table_of(outbox)] == list("bcdfgh")


def test_a_table_that_a_person_saves_meanwhile_is_read_again(outbox, monkeypatch):
    rows = table_of(outbox)
    saved = iter([[rows[0] | {"correct": "1"}, *rows[1:]]])

    def read_while_it_is_saved(*asked):
        table = read_table(*asked)
        for rows in saved:
            save(outbox, rows)
        return table

    monkeypatch.setattr(rebuilding, "read_table", read_while_it_is_saved)
    rebuild(outbox, ",", NOON)
    assert correct_cells(outbox)["b"] == "1"


@pytest.mark.skipif(os.name != "posix", reason="permissions are others there")
def test_the_new_table_and_the_copy_have_the_permissions_of_the_old_one(outbox):
    outbox.csv.chmod(0o600)
    rebuild(outbox, ",", NOON)
    tables = outbox.folder.glob("predictions*.csv")
    assert [stat.S_IMODE(path.stat().st_mode) for path in tables] == [0o600, 0o600]
