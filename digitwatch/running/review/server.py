"""The review page's server: on this machine alone, for whoever has the address, and nobody else.

Other people on this machine do not know the token in the address: it stands on the console and in
the browser, and no program is started with it. Other sites in the same browser can send requests
here, even under a name of theirs that leads to 127.0.0.1; so every request has to name our own
host, and one that changes something has to come from our own page.

A browser is started with an address that opens the page once. That one others on this machine can
read, as `ps` shows it, and whoever is faster than the browser gets in with it. This is not kept
from happening but from going unseen: the person's browser then shows a page that says so. Nothing
keeps out who may read this person's files or memory anyway, as an administrator may.
"""

import logging
import socket
import socketserver
from collections.abc import Callable
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from importlib.resources import files
from pathlib import PurePath
from typing import Any, Protocol, TypeVar

from digitwatch.errors import ConfigError, DigitwatchError
from digitwatch.running.review.admission import (
    HOST,
    Addresses,
    Admission,
    RefusedError,
    refuse_other_sites,
)
from digitwatch.running.review.desk import Desk, StaleError
from digitwatch.running.review.exchange import Exchange
from digitwatch.running.review.pictures import picture_of_line, picture_of_mark
from digitwatch.running.review.requests import ACTIONS, wanted_picture

log = logging.getLogger(__name__)

PAGE = {
    "": "index.html",
    **{name: name for name in ("review.css", "review.js", "showing.js", "icon.svg")},
}
"""The files of the page, by what follows the token in an address; nothing else is served."""
OPEN = "open"
"""Stands where the token would: what follows it opens the page once."""
OPENED, NEEDED = "opened.html", ("review.css", "icon.svg")
"""What is served there to whoever comes later, and what that needs: no secret is in them."""
KINDS = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
VIEWS = {"mark": picture_of_mark, "line": picture_of_line}
T = TypeVar("T")


class Ask(Protocol):
    """Lets the thread that the desk belongs to do something with it."""

    def __call__(self, what: Callable[[Desk], T], /) -> T:
        """Return what it returns, or raise what it raises."""


class ReviewServer(ThreadingHTTPServer):
    """Serves the page from when it is made; `serve_forever` answers.

    Args:
        port: To listen on; 0 for a free one.
        ask: Does something with the desk.
        on_end: Is called when a person has pressed the button that ends the review.

    Raises:
        ConfigError: The port cannot be had.
    """

    # On Windows this would let another program listen on the same port.
    allow_reuse_address = not hasattr(socket, "SO_EXCLUSIVEADDRUSE")

    def __init__(self, port: int, ask: Ask, on_end: Callable[[], None]) -> None:
        self.ask = ask
        self.on_end = on_end
        self.has_ended = False
        self.files = {
            name: files("digitwatch.running.review").joinpath("page", name).read_bytes()
            for name in (*PAGE.values(), OPENED)
        }
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise ConfigError(
                f"port {port} cannot be listened on: {error.strerror}",
                "give another one, or leave --port out to get a free one",
            ) from error
        self.admission = Admission(self.server_port)

    @property
    def addresses(self) -> Addresses:
        """Of the page: what is told to the person, and what a browser is started with."""
        own, way = f"http://{HOST}:{self.server_port}", self.admission
        return Addresses(f"{own}/{way.token}/", f"{own}/{OPEN}/{way.once}", way.opened)

    def server_bind(self) -> None:
        """Bind without asking for this machine's name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.socket.getsockname()[:2]

    def server_close(self) -> None:
        """Listen no more; what is still under way may find that there is no desk any more."""
        self.has_ended = True
        super().server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as the base
        """A browser that hangs up in the middle is nobody's fault."""
        log.debug("a request of the review page ended early")


class _Handler(Exchange):
    server: ReviewServer

    def do_GET(self) -> None:  # noqa: N802 - as the base has it
        """Serve the page, its state and its pictures."""
        self._respond(self._get)

    def do_POST(self) -> None:  # noqa: N802 - as the base has it
        """Take what the person does."""
        self._respond(self._post)

    def _refuse_method(self) -> None:
        self._respond(self._do_nothing)

    do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse_method  # noqa: N815 - as the base has it

    def _respond(self, how: Callable[[str], None]) -> None:
        """Answer a request, or say why not: the one place where errors become a status."""
        try:
            self.server.admission.refuse_other_hosts(self.headers)
            how(self.path.partition("?")[0].removeprefix("/"))
        except RefusedError as error:
            self.send_json({"error": str(error)}, error.status)
        except DigitwatchError as error:
            self.send_json({"error": str(error)}, HTTPStatus.SERVICE_UNAVAILABLE)
        except (ConnectionError, TimeoutError):
            raise  # nobody is there to hear of it
        except Exception as error:  # a fault of ours costs one answer, not the review
            if not self.server.has_ended:
                log.exception("a request of the review page failed")
            self._send_fault(error)

    def _send_fault(self, error: Exception) -> None:
        if self.server.has_ended:
            reason, status = "the review has ended", HTTPStatus.SERVICE_UNAVAILABLE
        else:
            reason = f"digitwatch failed on it ({error})"
            status = HTTPStatus.INTERNAL_SERVER_ERROR
        self.send_json({"error": reason}, status)

    def _place(self, path: str) -> str:
        """What is asked for, behind the token; refuse whoever is not on our page."""
        token, _, place = path.partition("/")
        self.server.admission.refuse_without_token(token)
        return place

    def _get(self, path: str) -> None:
        if path.startswith(f"{OPEN}/"):
            self._open(path.removeprefix(f"{OPEN}/"))
            return
        place = self._place(path)
        if "/" not in path:
            self.send_elsewhere(f"/{path}/")
        elif place in PAGE:
            self._send_file(PAGE[place])
        elif place == "state":
            self.send_json(self.server.ask(_look))
        elif wanted := wanted_picture(place):
            seen = self.server.ask(lambda desk: desk.seen(wanted.id, wanted.mark))
            picture = VIEWS[wanted.view](seen) if seen else None
            if picture is None:
                raise RefusedError(HTTPStatus.NOT_FOUND, "there is no picture of it any more")
            self.send_data(picture, "image/png")
        else:
            raise RefusedError(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _open(self, place: str) -> None:
        if place in NEEDED:
            self._send_file(place)
        elif self.server.admission.is_first(place):
            self.send_elsewhere(f"/{self.server.admission.token}/")
        else:
            self._send_file(OPENED, HTTPStatus.GONE)

    def _post(self, path: str) -> None:
        place = self._place(path)
        refuse_other_sites(self.headers)
        body = self.read_json()
        if place == "end":
            self.send_json({})
            self.server.on_end()
        elif place in ACTIONS:
            self.send_json(*self.server.ask(lambda desk: _act(desk, place, body)))
        else:
            raise RefusedError(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _do_nothing(self, path: str) -> None:
        self._place(path)
        raise RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, f"{self.command} is not done here")

    def _send_file(self, name: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_data(self.server.files[name], KINDS[PurePath(name).suffix], status)


def _look(desk: Desk) -> dict[str, Any]:
    desk.look_for_new()
    return desk.state()


def _act(desk: Desk, place: str, body: Any) -> tuple[dict[str, Any], HTTPStatus]:
    status = HTTPStatus.OK
    try:
        ACTIONS[place](desk, body)
    except StaleError:
        status = HTTPStatus.CONFLICT
    return desk.state(), status
