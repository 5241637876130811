"""The browser that the command starts, and what becomes of the review where there is none."""

import argparse
import http.client
import json
from contextlib import closing
from threading import Event
from urllib.parse import urlsplit

import pytest

from digitwatch.commands import reviewing
from digitwatch.recording.outbox import Outbox
from digitwatch.running.review.admission import Addresses
from tests.running.reviewing import id_of, keep, record_of
from tests.waiting import wait_until

ONCE = "http://127.0.0.1:1/open/once"


class Browser:
    """Stays in the foreground as w3m does: whoever starts it gets no word until it is closed."""

    def __init__(self, sees):
        self.sees = sees
        self.started_with = ""
        self.seen = False
        self.closed = Event()

    def open(self, address):
        self.started_with = address
        page = self.send(address, "GET").headers["Location"]
        try:
            self.send(f"{page}answer", "POST", {"id": id_of(0), "mark": 0, "digit": 1})
            wait_until(self.sees, seconds=10)
            self.seen = True
        finally:
            self.send(f"{page}end", "POST", {})
        return self.closed.wait(timeout=30)

    def send(self, address, method, body=None):
        netloc = urlsplit(address).netloc or urlsplit(self.started_with).netloc
        headers = {"Content-Type": "application/json"}
        with closing(http.client.HTTPConnection(netloc, timeout=10)) as connection:
            connection.request(method, urlsplit(address).path, json.dumps(body), headers)
            return connection.getresponse()


@pytest.fixture
def run(desk, monkeypatch):
    """Run the command with what opens a browser."""

    def review(opens, *, no_browser=False):
        monkeypatch.setattr(reviewing, "stop_on_signals", Event)
        monkeypatch.setattr("webbrowser.open", opens)
        return reviewing.review(desk.config, argparse.Namespace(port=0, no_browser=no_browser))

    return review


def test_a_browser_that_stays_in_the_foreground_keeps_no_answer_out_of_the_table(
    desk, rows, run, capsys
):
    with Outbox(desk.outbox) as outbox:
        keep(outbox, desk.inbox, record_of(0, [(7, 0.4)]))
        outbox.project()
    browser = Browser(lambda: rows("correct") == [("1",)])
    assert run(browser.open) == 0
    browser.closed.set()
    assert browser.seen
    shown = capsys.readouterr()
    assert shown.err == ""
    address = shown.out.splitlines()[0].removeprefix("The page opens in your browser: ")
    assert urlsplit(address).netloc == urlsplit(browser.started_with).netloc
    assert urlsplit(address).path.strip("/") not in browser.started_with


def fail(_):
    raise ValueError("No closing quotation")


@pytest.mark.parametrize("opens", [lambda _: False, fail])
def test_where_no_browser_can_be_opened_one_line_says_what_to_do(monkeypatch, capsys, opens):
    monkeypatch.setattr("webbrowser.open", opens)
    reviewing._open_in_browser(Addresses("", ONCE, Event()))  # noqa: SLF001 - it runs in a thread
    assert capsys.readouterr().err == (
        "digitwatch: no browser could be opened; open the address above yourself\n"
    )


def test_of_a_browser_that_has_shown_the_page_nothing_is_said_when_it_fails_later(
    monkeypatch, capsys
):
    opened = Event()
    opened.set()
    monkeypatch.setattr("webbrowser.open", lambda _: False)
    reviewing._open_in_browser(Addresses("", ONCE, opened))  # noqa: SLF001 - it runs in a thread
    assert capsys.readouterr().err == ""
