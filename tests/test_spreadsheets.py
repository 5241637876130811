"""The table as LibreOffice itself opens and saves it, when a person has typed into it."""

import csv
import io
import shutil
import subprocess
from datetime import datetime

import pytest

from digitwatch.recording.corrections import take
from digitwatch.recording.outbox import Outbox
from tests.recording.making import make_entry, make_mark, make_record

LIBREOFFICE = shutil.which("soffice") or shutil.which("libreoffice") or ""
NOON = datetime(2026, 11, 25, 12, 0, 0)
COMMA, SEMICOLON, TAB = 44, 59, 9
UTF_8, CP1252, UTF_16 = 76, 1, 65535  # its own numbers
TYPED = {
    "7": "7", "7.0": "7", " 7": "7", "=7": "7", "0 5 2": "0 5 2", "052": "0 5 2", "'052": "0 5 2",
    "0 5 / 2": "0 5 / 2", "-": "-", "?": "?", "": None, "seven": None,
}  # fmt: skip
"""What is typed, and what it is to be understood as; None where nothing is."""

pytestmark = pytest.mark.skipif(
    not LIBREOFFICE, reason="LibreOffice is not here: install libreoffice-calc"
)


@pytest.fixture
def outbox(tmp_path):
    """A record for each of what is typed, with as many marks as that has digits."""
    (tmp_path / "outbox").mkdir()
    with Outbox(tmp_path / "outbox") as outbox:
        for number, (typed, digits) in enumerate(TYPED.items()):
            marks = [make_mark(0) for mark in (digits or "7") if mark in "0123456789?-"]
            record = make_record(
                id_of(number), path=f"/{number}", sha256=f"{number}", marks=tuple(marks),
                file=f"é{typed}.png",
            )  # fmt: skip
            outbox.keep([make_entry(record)])
        outbox.project()
        text = outbox.csv.read_text("utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline="")))
        for row, typed in zip(rows[1:], TYPED, strict=True):
            row[rows[0].index("correct")] = typed
        written = io.StringIO(newline="")
        csv.writer(written).writerows(rows)
        outbox.csv.write_text(written.getvalue(), "utf-8-sig", newline="")
        yield outbox


def id_of(number):
    return f"{'bcdfghjklmnp'[number] * 5}-bbbbb"


def save_with_libreoffice(path, scratch, *steps):
    """Let it open the table and save it, once for each step: a suffix, and how a CSV is written."""
    for number, (suffix, how) in enumerate(steps):
        folder = scratch / str(number)
        filter_ = f"{suffix}:Text - txt - csv (StarCalc):{how}" if how else suffix
        subprocess.run(
            [LIBREOFFICE, f"-env:UserInstallation={(scratch / 'profile').as_uri()}", "--headless",
             "--convert-to", filter_, "--outdir", folder, path],
            capture_output=True, check=True, timeout=120,
        )  # fmt: skip
        path = folder / f"{path.stem}.{suffix}"
    return path.read_bytes()


def test_what_was_typed_is_understood_when_libreoffice_has_saved_it_with_semicolons(
    outbox, tmp_path
):
    how = f"{SEMICOLON},34,{UTF_8},1"
    outbox.csv.write_bytes(save_with_libreoffice(outbox.csv, tmp_path, ("csv", how)))
    check(outbox)


@pytest.mark.slow
@pytest.mark.parametrize("encoding", [UTF_8, CP1252, UTF_16])
@pytest.mark.parametrize("delimiter", [COMMA, SEMICOLON, TAB])
def test_so_it_is_with_any_delimiter_and_encoding(outbox, tmp_path, delimiter, encoding):
    how = f"{delimiter},34,{encoding},1"
    outbox.csv.write_bytes(save_with_libreoffice(outbox.csv, tmp_path, ("csv", how)))
    check(outbox)


@pytest.mark.slow
def test_so_it_is_by_way_of_its_own_format(outbox, tmp_path):
    steps = (("ods", ""), ("csv", f"{SEMICOLON},34,{UTF_8},1"))
    outbox.csv.write_bytes(save_with_libreoffice(outbox.csv, tmp_path, *steps))
    check(outbox)


def check(outbox):
    taken = take(outbox, NOON)
    corrections = outbox.ledger.corrections.all()
    found = {
        typed: corrections[id_].digits if (id_ := id_of(number)) in corrections else None
        for number, typed in enumerate(TYPED)
    }
    assert found == TYPED
    assert [remark.cell for remark in taken.nonsense] == ["seven"]
    assert [remark.row for remark in taken.nonsense] == [len(TYPED) + 1]
    # New rows are written as the table has them, and what is said elsewhere too.
    outbox.correct(id_of(0), "9", NOON)
    outbox.keep([make_entry(make_record("zzzzz-zzzzz", path="/z", sha256="z"))])
    assert outbox.project() is None
    assert take(outbox, NOON).new == 0
    assert outbox.ledger.corrections.all()[id_of(0)].digits == "9"
