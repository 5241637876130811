"""Whatever is typed, answered, deleted, made anew and killed in between: the last word counts."""

import csv
import io
import tempfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from digitwatch.recording.correction_store import CorrectionStore
from digitwatch.recording.corrections import take
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.rebuilding import rebuild
from tests.recording.making import make_entry, make_record

NOON = datetime(2026, 11, 25, 12, 0, 0)
IDS = ("bbbbb-bbbbb", "ccccc-ccccc")
records = st.sampled_from(IDS)
words = st.sampled_from(["", "4", "5"])


class KilledError(Exception):
    pass


class LastWord(RuleBasedStateMachine):
    """A person types into the table and answers on the page, and processes do what they do.

    Attributes:
        said: What counts, by the id.
        typed: What stands in a cell since a person typed it, while nobody has looked.
        was: What stood there before that.
        in_doubt: Cells of which a killed process has not noted what it wrote.
    """

    def __init__(self):
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.outbox = Outbox(Path(self.folder.name))
        for number, id_ in enumerate(IDS):
            record = make_record(id_, path=f"/{number}", sha256=str(number))
            self.outbox.keep([make_entry(record)])
        self.outbox.project()
        self.said = dict.fromkeys(IDS, "")
        self.typed: dict[str, str] = {}
        self.was: dict[str, str] = {}
        self.in_doubt: set[str] = set()

    def teardown(self):
        self.outbox.ledger.close()
        self.folder.cleanup()

    def cells(self):
        if not self.outbox.csv.exists():
            return {}
        text = self.outbox.csv.read_text("utf-8-sig")
        rows = csv.DictReader(io.StringIO(text, newline=""))
        return {row["id"]: row["correct"] for row in rows}

    def save(self, cells):
        rows = list(csv.DictReader(io.StringIO(self.outbox.csv.read_text("utf-8-sig"), newline="")))
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(row | {"correct": cells[row["id"]]} for row in rows if row["id"] in cells)
        self.outbox.csv.write_bytes(text.getvalue().encode("utf-8"))

    @rule(id_=records, word=words)
    def a_person_types(self, id_, word):
        cells = self.cells()
        if id_ in cells and id_ not in self.in_doubt and cells[id_] != word:
            self.save(cells | {id_: word})
            was = self.was.setdefault(id_, cells[id_])
            self.typed[id_] = word
            if word == was:  # as though nothing had been typed
                del self.typed[id_], self.was[id_]

    @rule(id_=records, word=words)
    def a_person_answers_on_the_page(self, id_, word):
        self.outbox.correct(id_, word, NOON)
        self.said[id_] = word

    @rule(id_=records)
    def a_person_deletes_a_row(self, id_):
        cells = self.cells()
        if len(cells) > 1 and id_ in cells:
            self.save({key: text for key, text in cells.items() if key != id_})
            self.typed.pop(id_, None)
            self.was.pop(id_, None)

    @precondition(lambda self: self.outbox.csv.exists())
    @rule()
    def a_person_deletes_the_table(self):
        self.outbox.csv.unlink()
        self.typed.clear()
        self.was.clear()

    @rule()
    def corrections_are_taken(self):
        assert not take(self.outbox, NOON).trouble
        self.said |= self.typed
        self.typed.clear()
        self.was.clear()

    @rule()
    def answers_are_written(self):
        assert self.outbox.project() is None
        self.in_doubt.clear()

    @rule()
    def the_table_is_made_anew(self):
        rebuild(self.outbox, ",", NOON)
        self.in_doubt.clear()

    @rule()
    def a_process_is_killed_when_it_has_written_answers(self):
        self.killed(self.outbox.project)

    @rule()
    def a_process_is_killed_when_it_has_made_the_table_anew(self):
        self.killed(lambda: rebuild(self.outbox, ",", NOON))

    def killed(self, what):
        def kill(*_):
            raise KilledError

        try:
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(CorrectionStore, "mark_written", kill)
                what()
        except KilledError:
            self.in_doubt = set(IDS)

    @invariant()
    def nobodys_word_is_overwritten(self):
        cells = self.cells()
        assert {id_: cells[id_] for id_ in self.typed} == self.typed

    @rule()
    def in_the_end_table_and_ledger_have_the_last_word(self):
        self.corrections_are_taken()
        self.answers_are_written()
        self.corrections_are_taken()
        said = self.outbox.ledger.corrections.all()
        assert {id_: said[id_].digits if id_ in said else "" for id_ in IDS} == self.said
        assert all(text == self.said[id_] for id_, text in self.cells().items())


LastWord.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestLastWord = LastWord.TestCase
