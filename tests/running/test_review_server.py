"""Real requests to the real server; behind it is the desk of an outbox with two drawings."""

import http.client
import io
import json
import os
import re
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPMessage
from threading import Event

import pytest
from PIL import Image

from digitwatch.config import make_folders, parse
from digitwatch.errors import ConfigError
from digitwatch.recording.correction_store import CorrectionStore
from digitwatch.recording.ledger_file import LedgerError
from digitwatch.recording.outbox import Outbox
from digitwatch.running.clock import local_time
from digitwatch.running.review.admission import Admission, RefusedError
from digitwatch.running.review.desk import Desk
from digitwatch.running.review.exchange import LARGEST_BODY, MOST_DRAINED, Exchange
from digitwatch.running.review.server import VIEWS, ReviewServer
from digitwatch.running.review.session import DeskThread
from tests.running.reviewing import id_of, keep, record_of

SINGLE, SHEET = id_of(0), id_of(1)
ANSWER = {"id": SINGLE, "mark": 0, "digit": 1}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: HTTPMessage
    body: bytes


@contextmanager
def serving(config, on_end=print):
    """A server over an outbox with a drawing of a digit and a page of three."""
    with Outbox(config.outbox) as outbox:
        keep(outbox, config.inbox, record_of(0, [(7, 0.4)]))
        keep(outbox, config.inbox, record_of(1, [(1, 0.9), (2, 0.5)], [(3, 0.6)]))
    with DeskThread(config, local_time) as thread, ThreadPoolExecutor(1) as pool:
        thread.ask(Desk.look_for_new)
        server = ReviewServer(0, thread.ask, on_end)
        loop = pool.submit(server.serve_forever, 0.05)
        yield server
        server.shutdown()
        loop.result(timeout=10)
        server.server_close()


@pytest.fixture(scope="module")
def standing(tmp_path_factory):
    """A server for requests that change nothing."""
    config = parse("", tmp_path_factory.mktemp("standing").resolve())
    make_folders(config, "inbox", "outbox")
    with serving(config) as server:
        yield server


@pytest.fixture
def request_of(standing):
    """Send a request that changes nothing; `request_of("GET", "state").status`."""
    yield partial(send, standing)
    state = state_of(send(standing, "GET", "state"))
    assert (state["left"], state["answered"], state["skipped"]) == (3, 0, 0)


@pytest.fixture
def ended():
    return Event()


@pytest.fixture
def own(desk, ended):
    """A server of one's own."""
    with serving(desk.config, ended.set) as server:
        yield server


@pytest.fixture
def act(own):
    """Send a request to a server of one's own."""
    return partial(send, own)


@pytest.fixture
def said(desk):
    """What the ledger has of what a person said."""

    def read():
        with Outbox(desk.outbox) as outbox:
            return {one.id: one.digits for one in outbox.ledger.corrections.all().values()}

    return read


@pytest.fixture
def post_raw(standing):
    """Send a body behind lines that say how long it is, to undo; the status of the answer."""

    def post(lengths, body, *, ends=False):
        own = f"127.0.0.1:{standing.server_port}"
        head = (
            f"POST /{standing.admission.token}/undo HTTP/1.1\r\nHost: {own}\r\n"
            f"Content-Type: application/json\r\n{lengths}\r\n\r\n"
        )
        with socket.create_connection(standing.server_address, timeout=10) as connection:
            connection.sendall(head.encode() + body)
            if ends:
                connection.shutdown(socket.SHUT_WR)
            return int(connection.makefile("rb").readline().split()[1])

    return post


def send(server, method, place="", body=None, *, token=None, path=None, **headers):
    """Send a request as our page does, but for what is given; a header of None is left out."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    own = f"127.0.0.1:{server.server_port}"
    ours = {"Host": own}
    if method == "POST":
        ours |= {
            "Content-Type": "application/json", "Content-Length": str(len(data)),
            "Origin": f"http://{own}", "Sec-Fetch-Site": "same-origin",
        }  # fmt: skip
    ours |= {name.replace("_", "-"): value for name, value in headers.items()}
    path = path or f"/{server.admission.token if token is None else token}/{place}"
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=10)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in ours.items():
        if value is not None:
            connection.putheader(name, value)
    connection.endheaders(data if method == "POST" else None)
    with closing(connection), connection.getresponse() as answer:
        return Answer(answer.status, answer.headers, answer.read())


def state_of(answer):
    assert answer.status == 200, answer.body
    return json.loads(answer.body)


def test_the_page_and_all_that_it_needs_are_served_with_their_kinds(request_of):
    kinds = {
        "": "text/html; charset=utf-8",
        "review.css": "text/css; charset=utf-8",
        "review.js": "text/javascript; charset=utf-8",
        "icon.svg": "image/svg+xml",
        "state": "application/json",
        f"picture/{SINGLE}/0/mark": "image/png",
    }
    served = {place: request_of("GET", place) for place in kinds}
    assert {place: answer.headers["Content-Type"] for place, answer in served.items()} == kinds
    assert all(answer.status == 200 and answer.body for answer in served.values())


@pytest.mark.parametrize(
    ("method", "place", "token"), [("GET", "", None), ("GET", "state", "x"), ("POST", "undo", None)]
)
def test_every_answer_keeps_the_page_to_itself(request_of, method, place, token):
    headers = request_of(method, place, {}, token=token).headers
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cache-Control"] == "no-store"


def test_it_listens_on_this_machine_alone(standing):
    assert standing.server_address[0] == "127.0.0.1"
    own, token = f"http://127.0.0.1:{standing.server_port}", standing.admission.token
    assert standing.addresses.page == f"{own}/{token}/"
    assert standing.addresses.once.startswith(f"{own}/open/")
    assert token not in standing.addresses.once
    assert len(token) >= 32
    assert len(standing.admission.once) >= 32


@pytest.fixture
def once(act, own):
    """Send a request to the address that opens the page once, or to that of another name there."""

    def request(method="GET", name=None, **headers):
        name = own.admission.once if name is None else name
        return act(method, path=f"/open/{name}", **headers)

    return request


def test_the_address_that_a_browser_is_started_with_opens_the_page_once(act, own, once):
    first, second = once(), once()
    assert (first.status, first.body) == (303, b"")
    assert (
        act("GET", path=first.headers["Location"]).headers["Content-Type"].startswith("text/html")
    )
    assert (second.status, second.headers["Location"]) == (410, None)
    assert second.headers["Content-Type"] == "text/html; charset=utf-8"
    assert b"opened already" in second.body
    assert b"Ctrl-C" in second.body
    assert own.admission.token.encode() not in second.body
    state_of(act("GET", "state"))


def test_of_many_that_open_it_at_the_same_time_one_gets_in(once):
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(lambda _: once().status, range(8)))
    assert statuses == [303] + [410] * 7


def test_only_whoever_asks_for_the_page_in_order_uses_the_address_up(own, once):
    assert [once("HEAD").status, once("POST").status] == [403, 403]
    assert once(Host="evil.example").status == 403
    assert [once(name=wrong).status for wrong in ("", "x" * 32, "%e9", "..")] == [403] * 4
    assert not own.addresses.opened.is_set()
    assert once().status == 303
    assert own.addresses.opened.is_set()


def test_what_the_page_for_latecomers_needs_is_served_with_it(once):
    once()
    page = once().body.decode()
    needed = re.findall(r'(?:href|src)="([^"]*)"', page)
    assert sorted(needed) == ["icon.svg", "review.css"]
    assert [once(name=name).status for name in needed] == [200, 200]
    assert once(name="review.js").status == 403


def test_the_address_without_its_last_slash_leads_to_the_page(request_of, standing):
    path = f"/{standing.admission.token}"
    for same in (path, f"{path}?x=1"):
        answer = request_of("GET", path=same)
        assert (answer.status, answer.headers["Location"]) == (303, f"{path}/")
    assert request_of("POST", path=path, body={}).status == 404


def test_at_the_port_that_browsers_leave_out_our_host_has_no_port():
    for own in ("127.0.0.1", "localhost", "127.0.0.1:80"):
        Admission(80).refuse_other_hosts(message_of(own))
    with pytest.raises(RefusedError):
        Admission(81).refuse_other_hosts(message_of("127.0.0.1"))


def message_of(host):
    message = HTTPMessage()
    message["Host"] = host
    return message


@pytest.mark.parametrize("token", ["", "wrong", "%e9", "favicon.ico"])
@pytest.mark.parametrize("place", ["", "state", f"picture/{SINGLE}/0/mark", "review.js"])
def test_without_the_token_nothing_is_served(request_of, token, place):
    answer = request_of("GET", place, token=token)
    assert answer.status == 403
    assert b"bbbbb" not in answer.body


def test_without_the_token_nothing_is_taken(request_of):
    assert request_of("POST", "answer", ANSWER, token="x" * 32).status == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:{port}.evil.example",
             "127.0.0.1:1", "[::1]:{port}", "", None],
)  # fmt: skip
def test_under_another_name_nothing_is_served(request_of, standing, host):
    host = host and host.format(port=standing.server_port)
    assert request_of("GET", "state", Host=host).status == 403
    assert request_of("POST", "undo", {}, Host=host, Origin=f"http://{host}").status == 403


def test_localhost_is_our_name_too(request_of, standing):
    own = f"localhost:{standing.server_port}"
    assert request_of("GET", "state", Host=own).status == 200
    assert request_of("POST", "undo", {}, Host=own, Origin=f"http://{own}").status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "none"},
    ],
)
def test_what_another_site_sends_is_not_taken(request_of, headers):
    assert request_of("POST", "answer", ANSWER, **headers).status == 403


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", None])
def test_what_a_form_could_send_is_not_taken(request_of, kind):
    assert request_of("POST", "answer", ANSWER, Content_Type=kind).status == 415


def test_a_program_that_is_no_browser_may_answer_with_the_token(act, said):
    assert act("POST", "answer", ANSWER, Origin=None, Sec_Fetch_Site=None).status == 200
    assert said() == {SINGLE: "1"}


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(request_of, method):
    assert request_of(method, "state").status == 405


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "FOO"])
def test_methods_that_nobody_knows_are_refused(request_of, method):
    assert request_of(method, "state").status == 501


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, MOST_DRAINED])
def test_a_large_body_is_refused(request_of, size):
    assert request_of("POST", "undo", b" " * size).status == 413


@pytest.mark.parametrize(
    ("length", "status"),
    [
        (None, 411), ("", 400), ("-1", 400), ("+5", 400), ("1_0", 400), ("1e3", 400), ("0x5", 400),
        ("\u00b2", 400), ("2, 2", 400), ("1" * 10, 413), ("9" * 5000, 413),
    ],
)  # fmt: skip
def test_what_is_no_length_of_a_body_is_refused(request_of, caplog, length, status):
    assert request_of("POST", "undo", b"{}", Content_Length=length).status == status
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("lengths", "status"),
    [
        ("Content-Length: 2\r\nContent-Length: 2", 400),
        ("Transfer-Encoding: chunked", 411),
        ("Transfer-Encoding: chunked\r\nContent-Length: 2", 411),
    ],
)
def test_a_length_that_is_said_in_two_ways_is_refused(post_raw, lengths, status):
    assert post_raw(lengths, b"{}") == status


def test_a_body_that_does_not_come_costs_one_request(post_raw, monkeypatch, caplog):
    monkeypatch.setattr(Exchange, "timeout", 0.05)
    assert post_raw("Content-Length: 60", b"{") == 408
    assert caplog.text == ""


def test_a_body_that_ends_too_early_is_refused(post_raw):
    assert post_raw("Content-Length: 60", b"{}", ends=True) == 400


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[" * 900])
def test_what_is_no_json_is_refused(request_of, body):
    assert request_of("POST", "undo", body).status == 400


@pytest.mark.parametrize(
    "body",
    [
        None, [], {}, {"id": SINGLE}, {"id": SINGLE, "mark": 0}, {"id": 7, "mark": 0, "digit": 1},
        {"id": SINGLE, "mark": "0", "digit": 1}, {"id": SINGLE, "mark": True, "digit": 1},
        {"id": SINGLE, "mark": 0, "digit": 10}, {"id": SINGLE, "mark": 0, "digit": -1},
        {"id": SINGLE, "mark": 0, "digit": "7"}, {"id": SINGLE, "mark": 0, "digit": True},
        {"id": SINGLE, "mark": 0, "digit": 7.0},
    ],
)  # fmt: skip
def test_an_answer_that_makes_no_sense_is_refused(request_of, body):
    assert request_of("POST", "answer", body).status == 400


@pytest.mark.parametrize(
    "place",
    [
        "nothing", "..", "../config.yaml", "..%2fconfig.yaml", "review.js/", "digitwatch.db",
        "picture/../../digitwatch.db", "picture//0/mark", f"picture/{SINGLE}/1/mark",
        f"picture/{SINGLE}/-1/mark", f"picture/{SINGLE}/0/original", f"picture/{SINGLE}/0/mark/",
        f"picture/{SINGLE}/99999999/mark", f"picture/{SINGLE}/\u0660/mark".encode().hex(),
        "picture/zzzzz-zzzzz/0/mark",
    ],
)  # fmt: skip
def test_nothing_but_the_page_and_its_pictures_is_there(request_of, place):
    assert request_of("GET", place).status == 404
    assert request_of("POST", place, {}).status == 404


def test_the_least_sure_is_asked_first_with_all_that_the_page_shows(request_of):
    question = state_of(request_of("GET", "state"))["question"]
    assert question.pop("file") == f"{SINGLE}.png"
    assert len(question.pop("grid")) == 8
    assert question == {
        "id": SINGLE, "mark": 0, "number": 1, "total": 1, "place": "", "digit": 7, "percent": 40,
        "likeliest": [
            {"digit": 7, "percent": 40}, {"digit": 8, "percent": 20}, {"digit": 0, "percent": 0},
            {"digit": None, "percent": 39},
        ],
        "pictures": {"mark": f"picture/{SINGLE}/0/mark"},
    }  # fmt: skip


def test_an_answer_is_in_the_ledger_before_the_page_hears_of_it(act, said):
    state = state_of(act("POST", "answer", ANSWER))
    assert said() == {SINGLE: "1"}
    assert (state["left"], state["answered"], state["said"]) == (2, 1, 1)
    assert state["question"]["id"] == SHEET
    assert state["question"]["place"] == "line 1, mark 2"
    assert state["question"]["pictures"] == {
        "mark": f"picture/{SHEET}/1/mark", "line": f"picture/{SHEET}/1/line",
    }  # fmt: skip


def test_an_answer_to_what_is_not_asked_any_more_is_not_taken(request_of):
    for wrong in ({"id": SHEET, "mark": 1}, {"id": SINGLE, "mark": 1}):
        answer = request_of("POST", "answer", wrong | {"digit": 1})
        assert answer.status == 409
        assert json.loads(answer.body)["question"]["id"] == SINGLE


def test_all_that_a_person_does_can_be_sent(act, said):
    state_of(act("POST", "answer", {"id": SINGLE, "mark": 0, "digit": None}))
    assert said() == {SINGLE: "-"}
    assert state_of(act("POST", "undo", {}))["question"]["id"] == SINGLE
    assert said() == {SINGLE: ""}
    assert state_of(act("POST", "skip", {"id": SINGLE, "mark": 0}))["skipped"] == 1
    state_of(act("POST", "answer", {"id": SHEET, "mark": 1, "digit": 4}))
    state = state_of(act("POST", "answer", {"id": SHEET, "mark": 2, "digit": 3}))
    assert state["question"] is None
    assert said() == {SINGLE: "", SHEET: "1 4 / 3"}
    assert state_of(act("POST", "skipped", {}))["question"]["id"] == SINGLE
    assert state_of(act("POST", "others", {}))["others"] == 0


def test_an_undo_that_fails_leaves_all_as_it_was(act, said, monkeypatch):
    state_of(act("POST", "answer", ANSWER))
    with monkeypatch.context() as patched:
        patched.setattr(CorrectionStore, "answer", fail_to_write)
        assert act("POST", "undo", {}).status == 503
    assert said() == {SINGLE: "1"}
    state = state_of(act("POST", "undo", {}))
    assert (state["question"]["id"], said()) == (SINGLE, {SINGLE: ""})


def fail_to_write(*_):
    raise LedgerError("the ledger is locked")


def test_a_window_undoes_only_what_it_has_seen(act, said):
    state_of(act("POST", "answer", ANSWER))
    assert act("POST", "undo", {"id": SINGLE, "mark": 0}).status == 409
    assert said() == {SINGLE: "1"}
    state_of(act("POST", "undo", {"id": SHEET, "mark": 1}))
    assert said() == {SINGLE: ""}


def test_an_answer_that_is_sent_twice_goes_to_one_mark(act, said):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: act("POST", "answer", ANSWER).status, range(8)))
    assert sorted(answers) == [200] + [409] * 7
    assert said() == {SINGLE: "1"}


def test_the_rest_of_a_page_is_agreed_with_and_undone_at_once(act, said):
    state_of(act("POST", "answer", ANSWER))
    state = state_of(act("POST", "rest", {"id": SHEET, "mark": 1}))
    assert said() == {SINGLE: "1", SHEET: "1 2 / 3"}
    assert (state["question"], state["answered"]) == (None, 3)
    assert state_of(act("POST", "undo", {}))["question"]["mark"] == 1
    assert said() == {SINGLE: "1", SHEET: ""}
    assert act("POST", "rest", {"id": SHEET, "mark": 2}).status == 409


def test_a_fault_of_ours_costs_one_answer_and_is_logged(request_of, monkeypatch, caplog):
    def fail(_):
        raise ZeroDivisionError

    monkeypatch.setitem(VIEWS, "mark", fail)
    assert request_of("GET", f"picture/{SINGLE}/0/mark").status == 500
    assert "ZeroDivisionError" in caplog.text
    assert request_of("GET", f"picture/{SINGLE}/0/line").status == 200


def test_what_is_still_under_way_when_the_review_has_ended_hears_so(desk, caplog):
    with serving(desk.config) as server:
        pass
    server = ReviewServer(0, server.ask, server.on_end)  # its desk is gone
    with ThreadPoolExecutor(1) as pool:
        loop = pool.submit(server.serve_forever, 0.05)
        server.has_ended = True
        answer = send(server, "GET", "state")
        server.shutdown()
        loop.result(timeout=10)
    server.server_close()
    assert answer.status == 503
    assert json.loads(answer.body) == {"error": "the review has ended"}
    assert caplog.text == ""


def test_a_picture_is_of_the_mark_or_of_its_line(request_of):
    sizes = {
        view: Image.open(io.BytesIO(request_of("GET", f"picture/{SHEET}/1/{view}").body)).size
        for view in ("mark", "line")
    }
    assert sizes["mark"] == (800, 600)
    assert sizes["line"][0] / sizes["line"][1] > 1.2


def test_the_button_that_ends_it_is_answered_first(act, ended):
    assert act("POST", "end", {}).status == 200
    assert ended.wait(timeout=10)


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed on Windows")
def test_a_ledger_that_cannot_be_used_is_said_and_nothing_is_lost(act, desk, said):
    database = desk.outbox / "digitwatch.db"
    whole = database.read_bytes()
    database.unlink()
    database.mkdir()
    answer = act("POST", "answer", ANSWER)
    assert answer.status == 503
    assert "error" in json.loads(answer.body)
    database.rmdir()
    database.write_bytes(whole)
    state_of(act("POST", "answer", ANSWER))
    assert said() == {SINGLE: "1"}


def test_a_port_that_is_taken_is_a_matter_of_the_command_line(standing):
    with pytest.raises(ConfigError, match=f"port {standing.server_port} cannot be listened on"):
        ReviewServer(standing.server_port, standing.ask, standing.on_end)
