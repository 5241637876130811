import csv
import http.client
import json
import signal
import subprocess
import sys
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest

from digitwatch.errors import AlreadyRunningError
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import BLANK, ERROR
from digitwatch.running.review.view import likeliest
from tests.program import ENVIRONMENT, command
from tests.recording.making import make_entry, make_mark, make_record
from tests.running.reviewing import id_of, keep, record_of, running
from tests.waiting import wait_until

SINGLE, SHEET, SURE = id_of(0), id_of(1), id_of(2)


class Page:
    """What a page in the browser would send; `ends` ends the review and gives its outcome."""

    def __init__(self, address, ends=None):
        self.address = urlsplit(address)
        self.ends = ends

    def send(self, method, place, body=None):
        connection = http.client.HTTPConnection(self.address.netloc, timeout=10)
        headers = {"Content-Type": "application/json"}
        connection.request(method, self.address.path + place, json.dumps(body), headers)
        with connection.getresponse() as answer:
            assert answer.status == 200
            state = json.loads(answer.read())
        connection.close()
        return state

    def state(self):
        return self.send("GET", "state")

    def asked(self):
        question = self.state()["question"]
        return question and (question["id"], question["mark"])

    def answer(self, digit):
        id_, mark = self.asked()
        return self.send("POST", "answer", {"id": id_, "mark": mark, "digit": digit})


@pytest.fixture
def outbox(desk):
    """Three pages with rows in the CSV: a digit and a page that are doubtful, and a sure digit."""
    with Outbox(desk.outbox) as opened:
        keep(opened, desk.inbox, record_of(0, [(7, 0.4)]))
        keep(opened, desk.inbox, record_of(1, [(1, 0.9), (2, 0.5)], [(3, 0.6)]))
        keep(opened, desk.inbox, record_of(2, [(5, 0.95)]))
        assert opened.project() is None
        yield opened


@pytest.fixture
def reviewing(desk):
    """Start a review; it gives its page."""
    with ExitStack() as stack:
        yield lambda: Page(*stack.enter_context(running(desk.config)))


@pytest.fixture
def correct(rows):
    """What the CSV has in its column `correct`, by the id."""
    return lambda: {id_: text for id_, text in rows("id", "correct") if text}


@pytest.fixture
def type_into_csv(desk):
    def write(id_, text):
        path = desk.outbox / "predictions.csv"
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            row["correct"] = text if row["id"] == id_ else row["correct"]
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    return write


@pytest.mark.usefixtures("outbox")
def test_what_is_said_on_the_page_stands_in_the_csv_soon(reviewing, correct):
    page = reviewing()
    page.answer(1)
    wait_until(lambda: correct() == {SINGLE: "1"})
    page.answer(2)
    page.answer(None)
    wait_until(lambda: correct() == {SINGLE: "1", SHEET: "1 2 / ?"})
    page.send("POST", "undo")
    wait_until(lambda: correct() == {SINGLE: "1"})
    assert page.asked() == (SHEET, 2)


@pytest.mark.usefixtures("outbox")
def test_while_excel_holds_the_csv_answers_wait_and_the_page_says_so(reviewing, correct, desk):
    held = desk.outbox / ".~lock.predictions.csv#"
    held.write_text("somebody", encoding="utf-8")
    page = reviewing()
    assert page.state()["waiting"] == {"answers": 0, "reason": ""}
    page.answer(1)
    wait_until(lambda: page.state()["waiting"]["answers"] == 1)
    assert "open in LibreOffice" in page.state()["waiting"]["reason"]
    assert correct() == {}
    held.unlink()
    wait_until(lambda: correct() == {SINGLE: "1"})
    wait_until(lambda: page.state()["waiting"] == {"answers": 0, "reason": ""})


@pytest.mark.usefixtures("outbox")
def test_what_was_typed_into_the_csv_is_not_asked(reviewing, correct, type_into_csv):
    type_into_csv(SINGLE, "9")
    page = reviewing()
    assert page.asked() == (SHEET, 1)
    type_into_csv(SHEET, "111")
    wait_until(lambda: page.asked() is None)
    assert correct() == {SINGLE: "9", SHEET: "111"}


def test_nonsense_in_the_csv_is_said_once_with_its_row(outbox, desk, type_into_csv):
    told: list[str] = []
    type_into_csv(SHEET, "seven")
    with running(desk.config, told) as (address, _):
        assert len(told) == 1
        assert told[0].startswith(f"row 3 ({SHEET}.png), correct 'seven':")
        type_into_csv(SINGLE, "9")
        wait_until(lambda: Page(address).asked() != (SINGLE, 0))
    assert len(told) == 1
    assert set(outbox.ledger.corrections.all()) == {SINGLE}


def test_what_cannot_be_matched_or_was_completed_is_said_too(desk, outbox, type_into_csv):
    keep(outbox, desk.inbox, record_of(3, [(0, 0.9), (5, 0.5)]))
    assert outbox.project() is None
    told: list[str] = []
    type_into_csv(SHEET, "1 1")
    type_into_csv(id_of(3), "5")
    with running(desk.config, told):
        assert ["nobody knows which" in told[0], "taken for 0 5" in told[1]] == [True, True]


@pytest.mark.usefixtures("outbox")
def test_a_page_that_is_half_said_goes_on_there_in_the_next_review(reviewing, correct, desk):
    page = reviewing()
    page.answer(7)
    page.answer(4)
    assert page.asked() == (SHEET, 2)
    ended = page.ends()
    assert (ended.records, ended.unfinished, correct()) == (1, 1, {SINGLE: "7"})
    with running(desk.config) as (address, ends):
        page = Page(address)
        assert page.asked() == (SHEET, 2)
        page.answer(None)
        ended = ends()
    assert (ended.records, ended.unfinished) == (1, 0)
    assert correct() == {SINGLE: "7", SHEET: "1 4 / ?"}


@pytest.mark.usefixtures("outbox")
def test_what_was_undone_is_half_said(reviewing, desk):
    page = reviewing()
    for digit in (7, 4, 5):
        page.answer(digit)
    page.send("POST", "undo")
    page.ends()
    with running(desk.config) as (address, _):
        assert Page(address).asked() == (SHEET, 2)


@pytest.mark.usefixtures("outbox")
def test_the_rest_of_a_page_is_right_at_once_and_undone_at_once(reviewing, correct):
    page = reviewing()
    page.answer(7)
    id_, mark = page.asked()
    page.send("POST", "rest", {"id": id_, "mark": mark})
    wait_until(lambda: correct() == {SINGLE: "7", SHEET: "1 2 / 3"})
    page.send("POST", "undo")
    assert page.asked() == (SHEET, 1)
    wait_until(lambda: correct() == {SINGLE: "7"})


@pytest.mark.usefixtures("outbox")
def test_a_second_review_of_the_same_outbox_is_refused(reviewing, desk):
    reviewing()
    with pytest.raises(AlreadyRunningError, match="is open already"), running(desk.config):
        pass


@pytest.mark.skipif(sys.platform == "win32", reason="an open file cannot be taken away there")
def test_where_the_ledger_is_taken_away_the_page_asks_what_the_new_one_has(outbox, reviewing, desk):
    page = reviewing()
    page.answer(7)
    ledger = outbox.ledger.path
    outbox.ledger.close()
    ledger.rename(ledger.with_name("old.db"))
    assert page.asked() is None
    with Outbox(desk.outbox) as new:
        keep(new, desk.inbox, record_of(3, [(4, 0.1)]))
        assert page.asked() == (id_of(3), 0)
        page.answer(5)
        assert {one.digits for one in new.ledger.corrections.all().values()} == {"5"}
    assert page.ends().records == 1


def test_a_page_that_was_read_surely_and_is_half_said_is_asked_at_once(outbox, reviewing, desk):
    keep(outbox, desk.inbox, record_of(3, [(4, 0.99), (5, 0.98)]))
    page = reviewing()
    for digit in (7, 2, 3):
        page.answer(digit)
    page.send("POST", "others")
    while page.asked() != (id_of(3), 1):
        page.answer(4)
    page.ends()
    with running(desk.config) as (address, _):
        assert Page(address).asked() == (id_of(3), 1)


def test_it_is_kept_which_marks_a_person_was_asked_about(outbox, reviewing):
    page = reviewing()
    for digit in (7, 2, 3):
        page.answer(digit)
    said = outbox.ledger.corrections.all()
    assert (said[SHEET].digits, said[SHEET].looked_at) == ("1 2 / 3", (1, 2))


def test_what_was_said_in_an_earlier_review_is_not_asked_again(outbox, reviewing):
    outbox.correct(SINGLE, "7", make_record().time)
    outbox.correct(SHEET, "1 2 / 3", make_record().time)
    outbox.correct(SHEET, "", make_record().time)
    assert reviewing().asked() == (SHEET, 1)


def test_what_is_read_meanwhile_is_asked_without_disturbing_what_is_asked_now(
    outbox, reviewing, desk
):
    page = reviewing()
    keep(outbox, desk.inbox, record_of(3, [(4, 0.1)]))
    keep(outbox, desk.inbox, record_of(4, [(4, 0.99)]))
    assert page.asked() == (SINGLE, 0)
    assert page.state()["others"] == 2
    page.answer(7)
    assert page.asked() == (id_of(3), 0)


def test_what_was_read_surely_is_asked_when_a_person_wants_it(outbox, reviewing, desk):
    page = reviewing()
    for _ in range(3):
        page.answer(1)
    assert page.state()["question"] is None
    assert page.state()["others"] == 1
    assert page.send("POST", "others")["question"]["id"] == SURE
    keep(outbox, desk.inbox, record_of(4, [(4, 0.99)]))
    page.answer(5)
    assert page.asked() == (id_of(4), 0)


def test_blank_and_unreadable_pages_are_counted_and_not_asked(desk, reviewing):
    with Outbox(desk.outbox) as outbox:
        for number, status in enumerate((BLANK, ERROR, ERROR)):
            record = make_record(id_of(number), marks=(), status=status, thumbnail=f"{number}.png")
            outbox.keep([make_entry(record)])
    state = reviewing().state()
    assert state["question"] is None
    assert state["pages"] == {BLANK: 1, ERROR: 2}
    assert state["others"] == 0


@pytest.mark.usefixtures("outbox")
def test_at_its_end_it_says_of_how_many_pages_something_was_said(reviewing, correct):
    page = reviewing()
    for _ in range(3):
        page.answer(1)
    reviewed = page.ends()
    assert (reviewed.records, reviewed.waiting) == (2, None)
    assert correct() == {SINGLE: "1", SHEET: "1 1 / 1"}


def test_a_file_name_comes_as_one_line(desk, reviewing):
    name = "a\n\u202e\x1b[31m<img src=x>.png"
    with Outbox(desk.outbox) as outbox:
        outbox.keep([make_entry(record_of(0, [(7, 0.4)], file=name))])
    assert reviewing().state()["question"]["file"] == "a\ufffd\ufffd\ufffd[31m<img src=x>.png"


def test_records_of_earlier_versions_have_two_likeliest_digits():
    assert likeliest(make_mark(7)) == [(7, 0.98), (1, 0.01)]
    assert likeliest(make_mark(None)) == [(1, 0.01)]


@pytest.fixture
def started(desk):
    """The command as a process, which has printed its address."""
    settings = desk.outbox.parent / "config.yaml"
    settings.write_text("", encoding="utf-8")
    with subprocess.Popen(
        command("review", "--no-browser"), cwd=settings.parent, env=ENVIRONMENT,
        stdout=subprocess.PIPE, encoding="utf-8",
    ) as process:  # fmt: skip
        assert process.stdout
        yield process, Page(process.stdout.readline().strip())
        process.kill()


@pytest.mark.usefixtures("outbox")
def test_the_command_prints_the_address_and_ends_by_the_pages_button(started):
    process, page = started
    page.answer(1)
    page.send("POST", "end")
    assert process.wait(timeout=20) == 0
    rest = process.stdout.read()
    assert "What you said of 1 page is kept." in rest
    assert "digitwatch train --corrections" in rest


@pytest.mark.skipif(sys.platform == "win32", reason="a process alone is sent no Ctrl-C there")
def test_ctrl_c_ends_the_command_in_order(started):
    process, _ = started
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    assert process.stdout.read().strip() == "Nothing was said to be right or wrong."
