"""What people type into the table, read back by the id of the row."""

import csv
import io
import os
import stat
from datetime import datetime

import pytest

from digitwatch.recording import answers, corrections, csv_rows
from digitwatch.recording.correction import NonsenseError, understand, with_dropped_zeros
from digitwatch.recording.corrections import Taken, take
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import COLUMNS
from tests.recording.making import make_entry, make_mark, make_record

NOON = datetime(2026, 11, 25, 12, 0, 0)
LATER = datetime(2026, 11, 25, 13, 0, 0)


@pytest.mark.parametrize(
    ("cell", "digits"),
    [
        ("7", "7"),
        ("7.0", "7"),
        ("7.00", "7"),
        (" 7", "7"),
        ("7\N{NO-BREAK SPACE}", "7"),
        ("=7", "7"),
        ('="052"', "0 5 2"),
        ("'052", "0 5 2"),
        ("0 5 2", "0 5 2"),
        ("052", "0 5 2"),
        ("0  5 2/1 1", "0 5 2 / 1 1"),
        ("0 5 2 / 1 1", "0 5 2 / 1 1"),
        ("052\r\n11", "0 5 2 / 1 1"),
        ("2 ? 7", "2 ? 7"),
        ("?", "?"),
        ("-", "-"),
        ("'-", "-"),
        ("\N{EN DASH}", "-"),
        ("\N{FULLWIDTH DIGIT SEVEN}", "7"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_what_a_person_types_is_understood(cell, digits):
    assert understand(cell) == digits


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("seven", "write digits as"),
        ("7?!", "write digits as"),
        ("7,0", "write digits as"),
        ("-7", "write digits as"),
        ("7 - 2", "write digits as"),
        ("/", "write digits as"),
        ("#NAME?", "write digits as"),
        ("=A1+B2", "write digits as"),
        ("=", "write digits as"),
        ("'", "write digits as"),
        ('=""', "write digits as"),
        ("5.22E+19", "shortened the number"),
        ("05. Jan", "made a date"),
        ("5-Jan", "made a date"),
        ("5/1/2026", "made a date"),
        ("05/02/26", "made a date"),
        ("2026-01-05", "made a date"),
        ("7.5", "made a date"),
    ],
)
def test_what_may_mean_this_or_that_is_never_guessed_at(cell, words):
    with pytest.raises(NonsenseError, match=words):
        understand(cell)


@pytest.fixture
def outbox(tmp_path):
    """Three records, one of them of three marks, in the ledger and in the CSV."""
    with Outbox(tmp_path) as outbox:
        marks = (make_mark(0), make_mark(6), make_mark(2))
        for record in (
            make_record("bbbbb-bbbbb"),
            make_record("ccccc-ccccc", path="/2", sha256="2", file="=evil.png"),
            make_record("ddddd-ddddd", path="/3", sha256="3", marks=marks),
        ):
            outbox.keep([make_entry(record)])
        outbox.project()
        yield outbox


def table_of(outbox):
    return list(csv.DictReader(io.StringIO(outbox.csv.read_text("utf-8-sig"), newline="")))


def type_in(outbox, *, encoding="utf-8-sig", delimiter=",", order=1, **cells):
    """Save the table as a spreadsheet would, with these cells `correct` by the id's letter."""
    rows = table_of(outbox)
    for row in rows:
        row["correct"] = cells.get(row["id"][0], row["correct"])
    save(outbox, rows, encoding=encoding, delimiter=delimiter, order=order)


def save(outbox, rows, *, encoding="utf-8-sig", delimiter=",", order=1):
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows[::order])
    outbox.csv.write_bytes(text.getvalue().encode(encoding))


def said(outbox):
    return {id_[0]: one.digits for id_, one in outbox.ledger.corrections.all().items()}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "cp1252", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("order", [1, -1])
def test_corrections_are_found_by_id_however_the_table_was_saved(
    outbox, encoding, delimiter, order
):
    type_in(outbox, encoding=encoding, delimiter=delimiter, order=order, b="1", d="0 5 2", c="-")
    taken = take(outbox, NOON)
    assert (taken.new, taken.withdrawn, taken.nonsense, taken.unmatched) == (3, 0, [], [])
    assert said(outbox) == {"b": "1", "c": "-", "d": "0 5 2"}
    assert take(outbox, LATER).new == 0


def test_nonsense_is_reported_with_its_row_and_what_was_said_before_stays(outbox):
    type_in(outbox, b="1")
    take(outbox, NOON)
    type_in(outbox, b="one", c="2")
    taken = take(outbox, LATER)
    (remark,) = taken.nonsense
    assert (remark.row, remark.file, remark.cell) == (2, "seven.png", "one")
    assert said(outbox) == {"b": "1", "c": "2"}


def test_a_row_keeps_its_number_when_cells_above_go_over_several_lines(outbox):
    text = outbox.csv.read_bytes()
    outbox.csv.write_bytes(text.replace(b"seven.png", b'"sev\r\nen.png"', 1))
    type_in(outbox, c="x")
    assert [remark.row for remark in take(outbox, NOON).nonsense] == [3]


def test_a_cell_that_is_emptied_takes_back_what_was_said(outbox):
    type_in(outbox, b="1")
    take(outbox, NOON)
    type_in(outbox, b="")
    taken = take(outbox, LATER)
    assert (taken.new, taken.withdrawn) == (0, 1)
    assert said(outbox) == {"b": ""}


def test_a_deleted_row_does_not_take_back_what_was_said(outbox):
    type_in(outbox, b="1")
    take(outbox, NOON)
    lines = outbox.csv.read_bytes().splitlines(keepends=True)
    outbox.csv.write_bytes(b"".join(line for line in lines if b"bbbbb" not in line))
    assert take(outbox, LATER).withdrawn == 0
    assert said(outbox) == {"b": "1"}


def test_the_same_said_in_another_way_is_nothing_new(outbox):
    type_in(outbox, b="1")
    take(outbox, NOON)
    type_in(outbox, b="1.0")
    assert take(outbox, LATER).new == 0
    assert outbox.ledger.corrections.all()["bbbbb-bbbbb"].time == NOON


def test_other_digits_than_marks_are_kept_and_remarked_on(outbox):
    type_in(outbox, d="5 2")
    taken = take(outbox, NOON)
    assert taken.new == 1
    assert said(outbox) == {"d": "5 2"}
    assert [remark.row for remark in taken.unmatched] == [4]
    assert "leading 0" in str(taken.unmatched[0])


def test_where_only_a_line_does_not_fit_it_is_said_of_how_many_marks(outbox):
    marks = (make_mark(1), make_mark(2), make_mark(3, line=1))
    record = make_record("fffff-fffff", path="/4", sha256="4", marks=marks)
    outbox.keep([make_entry(record)])
    outbox.project()
    type_in(outbox, f="1 / 3")
    (remark,) = take(outbox, NOON).unmatched
    assert "3 marks were read (1 2 / 3), so of 2 of them nobody knows which is which" in str(remark)


def test_leading_zeros_that_a_spreadsheet_dropped_come_back_where_they_were_read(outbox):
    type_in(outbox, d="52")
    taken = take(outbox, NOON)
    assert said(outbox) == {"d": "0 5 2"}
    assert "taken for 0 5 2" in str(taken.completed[0])
    assert not taken.unmatched
    assert take(outbox, LATER) == Taken(nonsense=[], unmatched=[], completed=[])


@pytest.mark.parametrize(
    ("cell", "digits", "read", "expected"),
    [
        ("52", "5 2", (0, 6, 2), "0 5 2"),
        ("2", "2", (0, 0, 2), "0 0 2"),
        ("52", "5 2", (6, 5, 2), "5 2"),
        ("2", "2", (0, 5, 2), "2"),
        ("5 2", "5 2", (0, 5, 2), "5 2"),
        ("0", "0", (0, 0), "0"),
        ("1234", "1 2 3 4", (0, 5, 2), "1 2 3 4"),
        ("052", "0 5 2", (0, 0, 5, 2), "0 5 2"),
    ],
)
def test_zeros_are_put_back_only_in_front_of_a_number_and_where_they_were_read(
    cell, digits, read, expected
):
    assert with_dropped_zeros(digits, cell, [make_mark(digit) for digit in read]) == expected


def test_zeros_are_not_put_back_where_there_are_lines():
    marks = [make_mark(0), make_mark(5, line=1)]
    assert with_dropped_zeros("5", "5", marks) == "5"


def test_the_mark_of_utf_8_that_a_spreadsheet_took_for_letters_is_no_part_of_a_name(outbox):
    type_in(outbox, b="1")
    outbox.csv.write_bytes(b'"\xc3\xaf\xc2\xbb\xc2\xbfid"' + outbox.csv.read_bytes()[5:])
    assert take(outbox, NOON).new == 1
    outbox.keep([make_entry(make_record("fffff-fffff", path="/4", sha256="4"))])
    assert outbox.project() is None


def test_copies_of_a_row_that_clash_are_reported_and_not_guessed_at(outbox):
    type_in(outbox, b="1")
    lines = outbox.csv.read_bytes().splitlines(keepends=True)
    outbox.csv.write_bytes(b"".join(lines) + lines[1].replace(b",1,thumb", b",2,thumb"))
    taken = take(outbox, NOON)
    assert [remark.row for remark in taken.nonsense] == [2, 5]
    assert taken.new == 0


def test_an_empty_copy_of_a_row_does_not_clash(outbox):
    lines = outbox.csv.read_bytes().splitlines(keepends=True)
    type_in(outbox, b="1")
    outbox.csv.write_bytes(outbox.csv.read_bytes() + lines[1])
    assert take(outbox, NOON).new == 1


def test_rows_that_the_ledger_does_not_know_are_counted(outbox):
    type_in(outbox, b="1")
    text = outbox.csv.read_bytes()
    outbox.csv.write_bytes(text.replace(b"bbbbb-bbbbb,", b"zzzzz-zzzzz,"))
    taken = take(outbox, NOON)
    assert (taken.new, taken.strange) == (0, 1)


def test_a_table_without_the_column_is_said(outbox):
    outbox.csv.write_bytes(outbox.csv.read_bytes().replace(b",correct,", b",right,", 1))
    assert "no column 'correct'" in take(outbox, NOON).trouble


def test_no_table_has_no_corrections(tmp_path):
    with Outbox(tmp_path) as outbox:
        assert take(outbox, NOON).new == 0


def test_a_table_of_something_else_is_said(outbox):
    outbox.csv.write_bytes(b"a,b\r\n1,2\r\n")
    assert "not have both columns" in take(outbox, NOON).trouble


def test_an_answer_given_elsewhere_gets_into_its_cell_and_nothing_else_changes(outbox):
    type_in(outbox, encoding="utf-16", delimiter=";", c="2")
    before = outbox.csv.read_bytes().decode("utf-16")
    outbox.correct("ddddd-ddddd", "0 5 2", NOON)
    assert outbox.project() is None
    after = outbox.csv.read_bytes().decode("utf-16")
    row = before.splitlines()[3]
    assert after == before.replace(row, row.replace(";;thumb", ";0 5 2;thumb"))
    assert outbox.ledger.corrections.waiting() == {}
    assert take(outbox, LATER).new == 1
    assert said(outbox) == {"c": "2", "d": "0 5 2"}


def test_an_older_copy_of_the_table_takes_back_no_answers_of_the_review_page(outbox):
    older = outbox.csv.read_bytes()
    for letter in "bc":
        outbox.correct(f"{letter * 5}-{letter * 5}", "4", NOON, (0,))
    outbox.project()
    outbox.csv.write_bytes(older)
    taken = take(outbox, LATER)
    assert (taken.withdrawn, taken.refilled) == (0, 2)
    assert "as in an older copy" in taken.warnings[0]
    assert said(outbox) == {"b": "4", "c": "4"}
    assert outbox.project() is None
    assert [row["correct"] for row in table_of(outbox)] == ["4", "4", ""]
    assert take(outbox, LATER) == Taken(nonsense=[], unmatched=[], completed=[])


def test_an_older_copy_of_the_table_takes_back_nothing_that_was_typed_either(outbox):
    older = outbox.csv.read_bytes()
    type_in(outbox, d="7 5 2")
    take(outbox, NOON)
    for letter in "bc":
        outbox.correct(f"{letter * 5}-{letter * 5}", "4", NOON, (0,))
    outbox.project()
    outbox.csv.write_bytes(older)
    assert take(outbox, LATER).refilled == 3
    assert outbox.project() is None
    assert [row["correct"] for row in table_of(outbox)] == ["4", "4", "7 5 2"]


def test_answers_are_not_filled_into_rows_with_ids_of_others(outbox):
    for letter in "bc":
        outbox.correct(f"{letter * 5}-{letter * 5}", "4", NOON, (0,))
    outbox.project()
    rows = table_of(outbox)
    rows[0]["file"], rows[1]["file"] = rows[1]["file"], rows[0]["file"]
    save(outbox, [row | {"correct": ""} for row in rows])
    taken = take(outbox, LATER)
    assert (taken.refilled, taken.withdrawn, len(taken.nonsense)) == (0, 0, 2)
    assert said(outbox) == {"b": "4", "c": "4"}


def test_one_of_two_rows_of_a_drawing_may_be_renamed_and_corrected(outbox):
    record = make_record("fffff-fffff", sha256="5")
    outbox.keep([make_entry(record)])
    outbox.project()
    rows = table_of(outbox)
    save(outbox, [rows[0] | {"file": "mine.png", "correct": "1"}, *rows[1:]])
    assert take(outbox, NOON).new == 1


def test_one_answer_of_the_review_page_is_taken_back_by_emptying_its_cell(outbox):
    for letter in "bc":
        outbox.correct(f"{letter * 5}-{letter * 5}", "4", NOON, (0,))
    outbox.project()
    type_in(outbox, b="")
    taken = take(outbox, LATER)
    assert (taken.withdrawn, taken.refilled) == (1, 0)
    assert said(outbox) == {"b": "", "c": "4"}


def test_columns_that_were_sorted_apart_from_each_other_teach_nothing(outbox):
    type_in(outbox, b="1", c="2")
    rows = table_of(outbox)
    rows[0]["file"], rows[1]["file"] = rows[1]["file"], rows[0]["file"]
    save(outbox, rows)
    taken = take(outbox, NOON)
    assert taken.new == 0
    assert [remark.row for remark in taken.nonsense] == [2, 3]
    assert "sorted apart" in taken.warnings[0]


def test_a_drawing_that_a_person_has_renamed_in_the_table_is_still_corrected(outbox):
    type_in(outbox, b="1")
    outbox.csv.write_bytes(outbox.csv.read_bytes().replace(b"seven.png", b"my seven.png"))
    assert take(outbox, NOON).new == 1


def test_which_marks_were_looked_at_is_known_until_a_person_types_something_else(outbox):
    outbox.correct("ddddd-ddddd", "0 5 2", NOON, (1,))
    outbox.project()
    type_in(outbox, d="052")
    take(outbox, LATER)
    assert outbox.ledger.corrections.all()["ddddd-ddddd"].looked_at == (1,)
    type_in(outbox, d="0 5 3")
    take(outbox, LATER)
    assert outbox.ledger.corrections.all()["ddddd-ddddd"].looked_at is None


def test_what_was_typed_meanwhile_is_not_overwritten_and_counts(outbox):
    type_in(outbox, b="3")
    outbox.correct("bbbbb-bbbbb", "4", NOON)
    assert outbox.project() is None
    assert table_of(outbox)[0]["correct"] == "3"
    take(outbox, LATER)
    assert said(outbox) == {"b": "3"}


def test_a_table_that_a_person_saves_in_this_moment_is_not_overwritten(outbox, monkeypatch):
    outbox.correct("bbbbb-bbbbb", "4", NOON)
    read = csv_rows.read_table

    def read_while_it_is_saved(path):
        table = read(path)
        type_in(outbox, c="2")
        return table

    with monkeypatch.context() as patched:
        patched.setattr(answers, "read_table", read_while_it_is_saved)
        assert "in this very moment" in outbox.project().reason
    assert outbox.project() is None
    assert [row["correct"] for row in table_of(outbox)] == ["4", "2", ""]


def test_an_answer_that_is_taken_back_leaves_its_cell_empty(outbox):
    outbox.correct("bbbbb-bbbbb", "4", NOON)
    outbox.project()
    assert table_of(outbox)[0]["correct"] == "4"
    outbox.correct("bbbbb-bbbbb", "", LATER)
    outbox.project()
    assert table_of(outbox)[0]["correct"] == ""
    assert take(outbox, LATER).new == take(outbox, LATER).withdrawn == 0


def test_answers_wait_while_the_table_is_open_elsewhere(outbox):
    note = outbox.folder / ".~lock.predictions.csv#"
    note.touch()
    outbox.correct("bbbbb-bbbbb", "4", NOON)
    waiting = outbox.project()
    assert (waiting.rows, waiting.corrections) == (0, 1)
    note.unlink()
    assert outbox.project() is None
    assert table_of(outbox)[0]["correct"] == "4"


def test_an_answer_to_a_row_that_was_deleted_waits_for_nothing(outbox):
    outbox.csv.write_text(",".join(COLUMNS) + "\r\n", "utf-8", newline="")
    outbox.correct("bbbbb-bbbbb", "4", NOON)
    assert outbox.project() is None
    assert outbox.ledger.corrections.waiting() == {}
    assert table_of(outbox) == []


def test_killed_between_the_table_and_the_ledger_it_is_written_once(outbox, monkeypatch):
    outbox.correct("bbbbb-bbbbb", "4", NOON)
    with monkeypatch.context() as patched:
        patched.setattr(outbox.ledger.corrections, "mark_written", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            outbox.project()
    assert table_of(outbox)[0]["correct"] == "4"
    assert outbox.project() is None
    assert take(outbox, LATER).new == 0
    assert said(outbox) == {"b": "4"}
    assert outbox.ledger.corrections.waiting() == {}


def test_killed_between_the_table_and_the_ledger_a_later_answer_counts(outbox, monkeypatch):
    outbox.correct("bbbbb-bbbbb", "4", NOON)
    with monkeypatch.context() as patched:
        patched.setattr(outbox.ledger.corrections, "mark_written", lambda _: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            outbox.project()
    outbox.correct("bbbbb-bbbbb", "5", LATER)
    assert take(outbox, LATER).new == 0
    assert outbox.project() is None
    assert table_of(outbox)[0]["correct"] == "5"
    assert said(outbox) == {"b": "5"}


def test_an_answer_given_while_the_table_is_looked_at_is_not_lost(outbox, monkeypatch):
    type_in(outbox, b="4")
    take(outbox, NOON)
    type_in(outbox, b="5")
    records = outbox.ledger.records

    def records_while_somebody_answers(ids):
        outbox.correct("bbbbb-bbbbb", "6", LATER)
        return records(ids)

    with monkeypatch.context() as patched:
        patched.setattr(outbox.ledger, "records", records_while_somebody_answers)
        take(outbox, NOON)
    assert said(outbox) == {"b": "6"}


def test_another_process_does_not_write_between_the_look_at_the_table_and_at_the_ledger(
    outbox, monkeypatch
):
    outbox.correct("bbbbb-bbbbb", "4", NOON)
    waiting = []
    with Outbox(outbox.folder) as other:

        def read_while_another_writes(path):
            table = csv_rows.read_table(path)
            waiting.append(other.project())
            return table

        with monkeypatch.context() as patched:
            patched.setattr(corrections, "read_table", read_while_another_writes)
            taken = take(outbox, LATER)
    assert [one is None for one in waiting] == [False]
    assert (taken.new, taken.withdrawn, taken.trouble) == (0, 0, "")
    assert outbox.project() is None
    assert (table_of(outbox)[0]["correct"], said(outbox)) == ("4", {"b": "4"})


def test_an_answer_is_not_written_where_copies_of_a_row_clash(outbox):
    type_in(outbox, b="1")
    lines = outbox.csv.read_bytes().splitlines(keepends=True)
    outbox.csv.write_bytes(b"".join(lines) + lines[1].replace(b",1,thumb", b",2,thumb"))
    outbox.correct("bbbbb-bbbbb", "4", NOON)
    assert outbox.project() is None
    assert [row["correct"] for row in table_of(outbox)] == ["1", "", "", "2"]


def test_an_answer_is_written_into_every_copy_of_a_row(outbox):
    lines = outbox.csv.read_bytes().splitlines(keepends=True)
    type_in(outbox, b="1")
    outbox.csv.write_bytes(outbox.csv.read_bytes() + lines[1])
    take(outbox, NOON)
    outbox.correct("bbbbb-bbbbb", "4", LATER)
    assert outbox.project() is None
    assert [row["correct"] for row in table_of(outbox)] == ["4", "", "", "4"]
    assert (take(outbox, LATER).new, said(outbox)) == (0, {"b": "4"})


def test_behind_a_quotation_mark_that_nobody_closed_rows_are_still_rows(outbox):
    type_in(outbox, c="2", d="0 5 2")
    text = outbox.csv.read_bytes()
    outbox.csv.write_bytes(text.replace(b"seven.png", b'"seven.png', 1))
    assert take(outbox, NOON).new == 2
    assert said(outbox) == {"c": "2", "d": "0 5 2"}


@pytest.mark.skipif(os.name != "posix", reason="links and permissions are others there")
def test_a_table_behind_a_link_stays_there_and_keeps_its_permissions(outbox, tmp_path):
    real = tmp_path / "elsewhere.csv"
    outbox.csv.rename(real)
    real.chmod(0o600)
    outbox.csv.symlink_to(real)
    outbox.correct("bbbbb-bbbbb", "4", NOON)
    assert outbox.project() is None
    assert outbox.csv.is_symlink()
    assert b",4,thumb" in real.read_bytes()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
