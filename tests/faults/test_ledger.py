"""The ledger is damaged, of a newer version or of another program: said clearly, left untouched."""

import os
import sqlite3
from threading import Event

import pytest

from digitwatch.cli import main
from digitwatch.config import load
from digitwatch.errors import OutboxError
from digitwatch.learning import model_store
from digitwatch.recording.ledger import Ledger
from digitwatch.recording.ledger_file import VERSION
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.tally import tally
from digitwatch.running.drawings import drawing_in
from digitwatch.running.job import read_file
from digitwatch.running.service import Service
from tests.program import configure
from tests.recording.making import make_entry, make_record
from tests.waiting import wait_until


def damage(path):
    path.write_bytes(b"a shopping list " * 500)


def make_newer(path):
    Ledger(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()


def belong_to_another(path):
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE songs (title TEXT)")
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (damage, "is damaged"),
        (make_newer, "newer digitwatch"),
        (belong_to_another, "is not a ledger"),
    ],
)
def test_the_watcher_says_it_and_overwrites_nothing(
    tmp_path, models, draw, spoil, words, monkeypatch, capsys
):
    configure(tmp_path, models)
    (tmp_path / "inbox").mkdir()
    (tmp_path / "outbox").mkdir()
    (tmp_path / "inbox" / "seven.png").write_bytes(draw(7))
    ledger = tmp_path / "outbox" / "digitwatch.db"
    spoil(ledger)
    before = ledger.read_bytes()
    config_file = tmp_path / "config.yaml"
    watching = Service(load(config_file), config_file, Event())
    with pytest.raises(OutboxError, match=words):
        watching.run(lambda config, _: model_store.load(config.models))
    assert ledger.read_bytes() == before
    monkeypatch.chdir(tmp_path)
    assert main(["status"]) == 1
    assert words in capsys.readouterr().out
    assert words in (tmp_path / "outbox" / "digitwatch.log").read_text(encoding="utf-8")


def test_a_new_ledger_gives_no_second_row_to_a_drawing_that_was_changed(desk, reader, draw):
    drawing = drawing_in(desk.inbox, desk.inbox / "a.png")
    with Outbox(desk.outbox) as outbox:
        for digit in (7, 0):
            drawing.path.write_bytes(draw(digit))
            read_file(drawing, reader, outbox)
        outbox.project()
    for file in desk.outbox.glob("digitwatch.db*"):
        file.unlink()
    before = (desk.outbox / "predictions.csv").read_bytes()
    with Outbox(desk.outbox) as outbox:
        read_file(drawing, reader, outbox)
        outbox.project()
    assert (desk.outbox / "predictions.csv").read_bytes() == before


def test_the_remedy_works_a_new_ledger_goes_on_where_the_csv_ends(
    tmp_path, models, draw, monkeypatch, capsys
):
    configure(tmp_path, models)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "inbox").mkdir()
    (tmp_path / "inbox" / "seven.png").write_bytes(draw(7))
    assert main(["classify", "inbox"]) == 0
    table = tmp_path / "outbox" / "predictions.csv"
    before = table.read_bytes()
    damage(tmp_path / "outbox" / "digitwatch.db")
    assert main(["classify", "inbox"]) == 1
    assert "move it away" in capsys.readouterr().err
    for file in (tmp_path / "outbox").glob("digitwatch.db*"):
        file.rename(tmp_path / file.name)
    (tmp_path / "inbox" / "zero.png").write_bytes(draw(0))
    assert main(["classify", "inbox"]) == 0
    assert table.read_bytes().startswith(before)
    assert table.read_bytes().count(b"\n") == before.count(b"\n") + 1


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be replaced on Windows")
def test_a_ledger_that_is_damaged_while_the_watcher_runs_is_waited_for(
    desk, watching, rows, draw, tmp_path
):
    activity = watching(rescan_seconds=0.2)
    (desk.inbox / "a.png").write_bytes(draw(7))
    wait_until(lambda: rows("file") == [("a.png",)])
    ledger, copy = desk.outbox / "digitwatch.db", tmp_path / "copy.db"
    with sqlite3.connect(ledger) as source, sqlite3.connect(copy) as target:
        source.backup(target)
    damaged = tmp_path / "damaged.db"
    damaged.write_bytes(b"a shopping list " * 500)
    damaged.replace(ledger)
    (desk.inbox / "b.png").write_bytes(draw(0))
    wait_until(lambda: "is damaged" in activity.hindrances.get("outbox", ""))
    copy.replace(ledger)
    wait_until(lambda: rows("file") == [("a.png",), ("b.png",)])


@pytest.mark.skipif(os.name == "nt", reason="SQLite's files cannot be damaged while it has them")
def test_a_ledger_with_a_damaged_page_is_said_and_nothing_is_overwritten(desk, watching, draw):
    with Outbox(desk.outbox) as outbox:
        for number in range(200):
            outbox.keep([make_entry(make_record(f"r-{number}"))])
    ledger = desk.outbox / "digitwatch.db"
    content = bytearray(ledger.read_bytes())
    content[4096:-4096] = bytes(len(content) - 8192)
    ledger.write_bytes(content)
    activity = watching()
    (desk.inbox / "a.png").write_bytes(draw(7))
    wait_until(lambda: "is damaged" in activity.hindrances.get("outbox", ""))
    assert "move it away" in activity.hindrances["outbox"]
    assert ledger.read_bytes() == content


def test_a_ledger_of_the_first_version_is_brought_up_to_date(tmp_path):
    path = tmp_path / "digitwatch.db"
    with Outbox(tmp_path) as outbox:
        outbox.keep([make_entry(make_record("one"))])
    connection = sqlite3.connect(path)
    connection.executescript(
        "DROP TABLE drafts; DROP TABLE corrections; ALTER TABLE records DROP COLUMN ink; "
        "DROP INDEX records_by_time; PRAGMA user_version = 1;"
    )
    connection.close()
    with Ledger(path) as ledger:
        assert ledger.pending(9) == [make_record("one")]
        assert ledger.ink_of(["one"]) == {"one": b""}
        assert ledger.corrections.all() == {}
    assert tally(path, make_record().time, 3).pages == {"ok": 1}
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)
    connection.close()
