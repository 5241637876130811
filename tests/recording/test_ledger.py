import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime
from pathlib import PurePosixPath, PureWindowsPath

import pytest

from digitwatch.recording.correction import Correction
from digitwatch.recording.ledger import Ledger
from digitwatch.recording.ledger_file import LedgerError, for_reading
from tests.recording.making import make_mark, make_record


def test_a_record_comes_back_as_it_was_stored(tmp_path):
    record = make_record(
        marks=(make_mark(3), make_mark(None, line=1)), note="ünklar", file="=1.png"
    )
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.add([[record]])
    with Ledger(tmp_path / "a.db") as ledger:
        assert ledger.newest(record.path) == record
        assert ledger.pending(10) == [record]


def test_the_ink_of_a_record_comes_back_apart_from_it(tmp_path):
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.add([[make_record("one", ink=b"ink"), make_record("two")]])
        assert ledger.ink_of(["one", "two", "three"]) == {"one": b"ink", "two": b""}


def test_records_are_found_by_their_ids_and_all_in_their_order(tmp_path):
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.add([[make_record(f"{n:05}")] for n in range(2500)])
        assert list(ledger.records(["00007", "none"])) == ["00007"]
        assert [record.id for record in ledger.every_record()] == [f"{n:05}" for n in range(2500)]


def test_the_last_word_of_a_person_is_kept(tmp_path):
    time = datetime(2026, 11, 25, 9, 30)
    with Ledger(tmp_path / "a.db") as ledger:
        said = ledger.corrections
        said.correct([Correction("one", "7", time, ""), Correction("two", "-", time, "-")])
        said.correct([Correction("one", "", time, "7")], said.all())
        assert said.all() == {
            "one": Correction("one", "", time, "7"),
            "two": Correction("two", "-", time, "-"),
        }


def test_rows_are_pending_in_their_order_until_the_csv_has_them(tmp_path):
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.add([[make_record("b-1", page=1), make_record("a-2", page=2)]])
        ledger.add([[make_record("c-3")]])
        assert [record.id for record in ledger.pending(2)] == ["b-1", "a-2"]
        ledger.mark_in_csv(["b-1", "c-3"])
        assert [record.id for record in ledger.pending(10)] == ["a-2"]
        assert ledger.count_pending() == 1


def test_the_pages_of_a_file_are_stored_together_or_not_at_all(tmp_path):
    with Ledger(tmp_path / "a.db") as ledger:
        assert ledger.add([[make_record("same"), make_record("same")]]) == [False]
        assert ledger.count_pending() == 0


def test_a_file_that_is_stored_already_does_not_keep_others_from_it(tmp_path):
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.add([[make_record("one")]])
        files = [[make_record("zero")], [make_record("new"), make_record("one")], []]
        assert ledger.add([*files, [make_record("two")]]) == [True, False, True, True]
        assert [record.id for record in ledger.pending(9)] == ["one", "zero", "two"]


def test_what_was_recorded_under_a_path_is_known_in_its_order(tmp_path):
    with Ledger(tmp_path / "a.db") as ledger:
        for id_, path, sha256 in (
            ("1", "a", "x"),
            ("2", "b", "x"),
            ("3", "a", ""),
            ("4", "a", "y"),
        ):
            ledger.add([[make_record(id_, path=path, sha256=sha256)]])
        ledger.add(
            [
                [
                    make_record("5", path="b", sha256="z"),
                    make_record("6", path="b", sha256="z", page=2),
                ]
            ]
        )
        assert ledger.history(["a", "b", "c"]) == {"a": ["x", "", "y"], "b": ["x", "z"]}
        assert ledger.history([]) == {}


def test_the_first_name_of_the_same_bytes_is_known(tmp_path):
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.add([[make_record("one", file="first.png")]])
        ledger.add([[make_record("two", file="second.png")]])
        assert ledger.first_files(["ab" * 32, "cd" * 32]) == {"ab" * 32: "first.png"}


def _write_text(path):
    path.write_text("this is no database, but a shopping list " * 50, encoding="utf-8")


def _write_stranger(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()


def _write_newer(path):
    Ledger(path).close()
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()


def test_a_damaged_ledger_says_so(tmp_path):
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.add([[make_record("one", note="x" * 20_000)]])
    path = tmp_path / "a.db"
    path.write_bytes(path.read_bytes()[:8192] + b"\xff" * 20_000)
    with pytest.raises(LedgerError) as caught, Ledger(path) as ledger:
        ledger.newest(make_record().path)
    assert caught.value.remedy


def test_many_may_open_a_new_ledger_at_once(tmp_path):
    def open_one(name):
        with Ledger(tmp_path / "a.db") as ledger:
            assert ledger.add([[make_record(name)]]) == [True]
            return ledger.is_new

    for _ in range(10):
        for file in tmp_path.iterdir():
            file.unlink()
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(open_one, "bcdfghjk")) == 1


def test_an_attempt_that_was_begun_and_not_ended_is_remembered(tmp_path):
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.add([[make_record("one"), make_record("two")]])
        assert not ledger.begin_attempt(["one"])
        assert ledger.begin_attempt(["one", "two"])
        ledger.mark_in_csv(["one", "two"])
        assert ledger.pending(9) == []


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_write_text, "is damaged"),
        (_write_stranger, "is not a ledger of digitwatch"),
        (_write_newer, "newer digitwatch"),
    ],
)
def test_a_file_that_is_not_our_ledger_is_refused_and_left_as_it_is(tmp_path, make, words):
    path = tmp_path / "digitwatch.db"
    make(path)
    before = path.read_bytes()
    with pytest.raises(LedgerError, match=words) as caught:
        Ledger(path)
    assert caught.value.remedy
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        "records SET marks = 'ink'",
        "records SET marks = '[7]'",
        "records SET marks = '[{\"box\": 1}]'",
        "records SET marks = '7'",
        "records SET time = 'noon'",
        "corrections SET time = 'noon'",
        "corrections SET digits = 'hello'",
        "drafts SET labels = '[7]'",
        "drafts SET labels = ''",
    ],
)
def test_what_somebody_has_changed_is_said_to_be_damaged(tmp_path, change):
    with Ledger(tmp_path / "a.db") as ledger:
        ledger.add([[make_record("one")]])
        ledger.corrections.correct([Correction("one", "", datetime(2026, 11, 25))])
        ledger.corrections.draft("one", {0: 7})
    with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
        connection.execute(f"UPDATE {change}")
    with (
        Ledger(tmp_path / "a.db") as ledger,
        pytest.raises(LedgerError, match="what the ledger has of one is damaged"),
    ):
        assert [list(ledger.every_record()), ledger.corrections.all(), ledger.corrections.drafts()]


def test_a_ledger_that_lacks_a_table_is_said_to_be_damaged(tmp_path):
    with Ledger(tmp_path / "a.db") as ledger:
        with closing(sqlite3.connect(tmp_path / "a.db")) as connection, connection:
            connection.execute("DROP TABLE drafts")
        with pytest.raises(LedgerError, match="is damaged: no such table"):
            ledger.corrections.drafts()


@pytest.mark.parametrize(
    ("path", "address"),
    [
        (PurePosixPath("/home/a b/d%1?.db"), "file:///home/a%20b/d%251%3F.db?mode=ro"),
        (PureWindowsPath("C:/out box/d.db"), "file:///C:/out%20box/d.db?mode=ro"),
        (PureWindowsPath("//nas/share/d.db"), "file:////nas/share/d.db?mode=ro"),
    ],
)
def test_a_ledger_is_opened_for_reading_wherever_it_is(path, address):
    assert for_reading(path) == address
