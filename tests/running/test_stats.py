import io
import json
from collections import deque
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from PIL import Image, ImageColor

from digitwatch.cli import main
from digitwatch.learning.drift import for_manifest
from digitwatch.recording.annotation import LOOKS
from digitwatch.recording.bitmaps import pack
from digitwatch.recording.correction import Correction
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import OK, REVIEW
from digitwatch.recording.statistics import Day, count
from digitwatch.running.stats.gathering import Stats, as_json, gather
from digitwatch.running.stats.newest_marks import (
    Seen,
    drift_of,
    how_many_are_recent,
    noting,
    why_not,
)
from digitwatch.running.stats.periods import merged
from digitwatch.running.stats.picture import draw
from digitwatch.running.stats.text import as_text
from tests.recording.making import make_mark, make_record

NOW = datetime(2026, 11, 25, 9)
RNG = np.random.default_rng(0)


def record(number, *, confidence=0.999, pen=2, model="m1", days_ago=0, **changes):
    grid = tuple(map(tuple, RNG.uniform(0, 16, (8, 8)).tolist()))
    mark = replace(make_mark(number % 10), confidence=confidence, grid=grid)
    ink = np.zeros((20, 10 + number % 7), np.bool_)
    ink[:, :pen] = True
    changes = {"status": "ok" if confidence > 0.9 else "review"} | changes
    return make_record(
        f"r{number}",
        time=NOW - timedelta(days=days_ago),
        marks=(mark,),
        ink=pack([ink]),
        model=model,
        **changes,
    )


def said(id_, digits):
    return Correction(id_, digits, NOW, digits)


def stats_of(records, corrections=(), entry=None):
    newest: deque[Seen] = deque(maxlen=2500)
    counted = count(noting(records, newest), {one.id: one for one in corrections})
    return Stats(counted, drift_of(list(newest), {one.id: one.ink for one in records}, entry))


@pytest.fixture(scope="module")
def entry(training):
    return {"id": "m1", "fingerprint": for_manifest([training.shuffled, training.drawn])}


@pytest.fixture(scope="module")
def drifted(entry):
    """Much was read surely with a thin pen, and then unsurely with a thick one."""
    sure = [record(number, days_ago=9) for number in range(400)]
    unsure = [record(number, confidence=0.4, pen=6) for number in range(400, 800)]
    corrections = [said("r7", "7"), said("r401", "7"), said("r402", "1 2")]
    return stats_of([*sure, *unsure], corrections, entry)


def test_the_text_shows_whether_a_new_model_reads_better():
    records = [record(1, model="mold"), record(2, model="mold"), record(3, model="mnew")]
    shown = as_text(stats_of(records, [said("r1", "7"), said("r2", "2"), said("r3", "3")]))
    assert "  mold       1 of 2 right" in shown
    assert shown.index("mold") < shown.index("  mnew       1 of 1 right")
    assert "by the model" not in as_text(stats_of(records[:2], [said("r1", "7")]))


def test_the_text_says_what_was_read_and_how_much_of_it_is_right(drifted):
    shown = as_text(drifted)
    assert "Since 2026-11-16: 800 files, 800 pages, 800 digits." in shown
    assert "1 of 1 right" in shown
    assert "0 of 2 right" in shown
    assert "1 read as 7" not in shown
    assert "7 read as 1: 1 time" in shown
    assert "1 page with more or fewer digits" in shown
    assert f"{'2026-11-25':<12}{'400':>9}{'100.0 %':>12}  {'#' * 25}" in shown
    assert f"{'2026-11-16':<12}{'400':>9}{'0.0 %':>12}\n" in shown


def test_the_text_says_that_drawings_have_changed_what_that_means_and_what_to_do(drifted):
    shown = as_text(drifted)
    assert "from what the model learned: yes (" in shown
    assert (
        "from the 400 marks before them: yes (a thicker pen), and the model is much less sure"
    ) in shown
    assert "the model makes more mistakes" in shown
    assert "digitwatch train --corrections" in shown


def test_of_drawings_that_only_look_otherwise_it_says_that_nothing_has_to_be_done(entry):
    records = [record(number, pen=2 if number < 400 else 6) for number in range(800)]
    shown = as_text(stats_of(records, entry=entry))
    assert "yes (a thicker pen), but the model is as sure of them" in shown
    assert "nothing has to be done" in shown
    assert "What to do" not in shown


def test_what_has_not_changed_is_said_to_be_so(entry):
    shown = as_text(stats_of([record(number) for number in range(400)], entry=entry))
    assert "from the 200 marks before them: no\n" in shown
    assert "What to do" not in shown


def test_of_few_marks_it_says_that_it_cannot_be_told_yet(entry):
    shown = as_text(stats_of([record(number) for number in range(10)], entry=entry))
    assert "cannot be told yet: that takes 100 marks by the same model, and there are 10." in shown


@pytest.mark.parametrize("encoding", ["cp437", "cp1252", "ascii"])
def test_the_text_is_written_in_letters_of_any_console(drifted, encoding):
    as_text(drifted).encode(encoding)


def test_programs_get_every_figure(drifted):
    values = json.loads(as_json(drifted))
    assert values["pages"] == {"ok": 400, "review": 400}
    assert values["looked_at"]["review"]["count"] == 2
    assert {"truth": 7, "read": 1, "count": 1} in values["confusions"]
    assert values["drift"]["less_sure"] is True
    assert values["days"][0]["date"] == "2026-11-16"


def test_only_marks_of_the_newest_model_are_compared():
    newest: deque[Seen] = deque()
    records = [
        record(1),
        record(2, model="m2"),
        record(3, model="m2"),
        replace(record(4), marks=()),
    ]
    assert list(noting(records, newest)) == records
    assert [(one.record.id, one.mark.digit) for one in newest] == [("r2", 2), ("r3", 3)]


@pytest.mark.parametrize(("marks", "recent"), [(0, 0), (150, 150), (300, 150), (2500, 500)])
def test_of_few_marks_all_are_recent_and_of_many_the_newest(marks, recent):
    assert how_many_are_recent(marks) == recent


@pytest.mark.parametrize(
    ("count", "model", "changes", "words"),
    [
        (500, "m1", None, "no model"),
        (500, "m1", {"fingerprint": None}, "made before"),
        (500, "m2", {}, "nothing was read yet by the model that is there now, m1"),
        (99, "m1", {}, "99 of the 100"),
        (100, "m1", {}, ""),
    ],
)
def test_it_says_why_marks_cannot_be_compared_with_what_was_learned(
    entry, count, model, changes, words
):
    found = why_not(count, model, None if changes is None else entry | changes)
    assert words in found
    assert bool(found) is bool(words)


def test_ink_that_is_missing_or_damaged_is_left_out(entry):
    records = [replace(record(number), ink=b"damaged" * (number % 2)) for number in range(400)]
    drift = stats_of(records, entry=entry).drift
    assert drift.changed
    assert "pen" not in {one.name for one in drift.changed}


def _days(count, step):
    return [Day((NOW - timedelta(days=step * n)).date(), {"ok": 1}) for n in range(count)][::-1]


@pytest.mark.parametrize(
    ("days", "bars", "unit"),
    [
        ([], 0, "day"),
        (_days(1, 1), 1, "day"),
        (_days(62, 1), 62, "day"),
        (_days(63, 1), 10, "week"),
        (_days(2, 400), 2, "week"),
        (_days(1100, 1), 37, "month"),
    ],
)
def test_many_days_are_shown_as_weeks_or_months(days, bars, unit):
    periods, name = merged(days)
    assert (len(periods), name) == (bars, unit)
    assert sum(one.day.count for one in periods) == len(days)
    assert all(one.first <= days[-1].date for one in periods)


def _share_of(png, look):
    """How much of a picture has the colour of a status."""
    pixels = np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
    return (pixels == ImageColor.getrgb(look.colour)).all(axis=2).mean()


def test_the_picture_shows_in_orange_what_is_doubtful(drifted, entry):
    calm = draw(stats_of([record(number) for number in range(50)], [said("r7", "7")], entry))
    assert _share_of(calm, LOOKS[OK]) > 0.01
    assert _share_of(calm, LOOKS[REVIEW]) < 0.001
    assert _share_of(draw(drifted), LOOKS[REVIEW]) > 0.03


@pytest.mark.parametrize(
    "records",
    [
        [],
        [record(1, days_ago=n) for n in (1100, 0)],
        [record(1, status="error")],
        [record(1, status="of another version")],
        [replace(record(1), time=datetime(9999, 12, 31))],
        [replace(record(1), time=time) for time in (datetime.min, datetime.max)],
    ],
)
def test_there_is_a_picture_of_nothing_of_years_of_wrong_clocks_and_of_a_failure(records):
    assert Image.open(io.BytesIO(draw(stats_of(records)))).size == (1265, 1166)


@pytest.fixture
def home(tmp_path, monkeypatch, models):
    text = f"models: {json.dumps(str(models))}\n"
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_where_nothing_was_read_the_command_says_so_and_leaves_nothing_behind(home, capsys):
    assert main(["stats"]) == 0
    assert "Nothing was read yet" in capsys.readouterr().out
    assert not (home / "outbox").exists()


@pytest.mark.parametrize(
    ("outbox", "words"),
    [("away/outbox", "away does not exist; make it"), ("config.yaml", "is a file, not a folder")],
)
def test_an_outbox_that_cannot_be_one_is_refused(home, capsys, outbox, words):
    with (home / "config.yaml").open("a", encoding="utf-8") as file:
        file.write(f"outbox: {outbox}\n")
    assert main(["stats"]) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert not shown.out


def test_the_command_takes_what_was_typed_into_the_table_and_draws_a_picture(home, draw, capsys):
    (home / "drawings").mkdir()
    (home / "drawings" / "seven.png").write_bytes(draw(7))
    main(["classify", "drawings"])
    table = home / "outbox" / "predictions.csv"
    text = table.read_text(encoding="utf-8-sig")
    table.write_text(text.replace(",,thumbnails", ",7,thumbnails"), encoding="utf-8-sig")
    capsys.readouterr()
    assert main(["stats", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["looked_at"]["ok"]["right"] == 1
    assert (home / "outbox" / "stats.png").read_bytes().startswith(b"\x89PNG")
    assert main(["stats", "--since", "2999-01-01"]) == 0
    assert "Nothing was read since 2999-01-01." in capsys.readouterr().out
    table.write_text("no,such,columns\n1,2,3\n", encoding="utf-8")
    assert main(["stats", "--days", "1"]) == 0
    shown = capsys.readouterr()
    assert "1 of 1 right" in shown.out
    assert "predictions.csv" in shown.err


def test_a_picture_that_cannot_be_written_costs_an_error_and_not_the_text(home, capsys):
    (home / "outbox").mkdir()
    with Outbox(home / "outbox") as outbox:
        outbox.ledger.add([[record(1)]])
    (home / "outbox" / "stats.png").mkdir()
    assert main(["stats"]) == 1
    shown = capsys.readouterr()
    assert "1 file" in shown.out
    assert "stats.png cannot be written" in shown.err


@pytest.mark.parametrize("arguments", [["--since", "yesterday"], ["--days", "0"]])
def test_a_day_that_is_none_exits_with_2(arguments):
    with pytest.raises(SystemExit) as caught:
        main(["stats", *arguments])
    assert caught.value.code == 2


def test_the_ledger_is_gone_through_with_its_corrections(tmp_path, models):
    with Outbox(tmp_path) as outbox:
        outbox.ledger.add([[record(1)], [record(2, days_ago=3)]])
        outbox.ledger.corrections.correct([said("r1", "7")])
        found = gather(outbox.ledger, models, (NOW - timedelta(days=1)).date())
    assert found.statistics.files == 1
    assert found.statistics.all_looked_at.count == 1
    assert found.drift.recent == 2
