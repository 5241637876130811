from datetime import datetime

import pytest

from digitwatch.recording.correction import Correction
from digitwatch.recording.ledger import Ledger
from digitwatch.recording.ledger_file import LedgerError
from digitwatch.recording.record import BLANK, ERROR, OK, REVIEW
from digitwatch.recording.worklist import Worklist, worklist
from tests.recording.making import make_record


def test_what_nobody_has_said_anything_of_is_listed_by_its_status(tmp_path):
    with Ledger(tmp_path / "a.db") as ledger:
        statuses = (REVIEW, OK, BLANK, ERROR, REVIEW, REVIEW)
        ledger.add([[make_record(f"r{n}", status=status)] for n, status in enumerate(statuses)])
        said = (("r0", "7"), ("r4", ""))
        ledger.corrections.correct(
            [Correction(id_, digits, datetime(2026, 11, 25)) for id_, digits in said]
        )
        pages = {REVIEW: 3, OK: 1, BLANK: 1, ERROR: 1}
        assert worklist(ledger.path) == Worklist(["r4", "r5"], ["r1"], 6, pages)
        assert worklist(ledger.path, after=5) == Worklist(["r5"], [], 6, pages)


def test_an_empty_ledger_has_nothing_to_look_at(tmp_path):
    with Ledger(tmp_path / "a.db") as ledger:
        assert worklist(ledger.path) == Worklist([], [], 0, {})


def test_a_ledger_that_cannot_be_read_is_said(tmp_path):
    (tmp_path / "a.db").write_bytes(b"no database" * 500)
    with pytest.raises(LedgerError, match="cannot be read"):
        worklist(tmp_path / "a.db")
