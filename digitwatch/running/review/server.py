"""The review page's server: on this machine alone, for whoever has the address, and nobody else.

Other people on this machine do not know the token in the address. Other sites in the same browser
can send requests here, even under a name of theirs that leads to 127.0.0.1; so every request has
to name our own host, and one that changes something has to come from our own page.
"""

import json
import logging
import secrets
import socket
import socketserver
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any, Protocol, TypeVar

from digitwatch.errors import ConfigError, DigitwatchError
from digitwatch.running.review.desk import Desk, StaleError
from digitwatch.running.review.pictures import picture_of_line, picture_of_mark
from digitwatch.running.review.requests import ACTIONS, NonsenseError, wanted_picture

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
LARGEST_BODY = 1000
"""Bytes; an answer has some 60."""
MOST_DRAINED = 100_000
"""Bytes of a larger body that are taken in, so that whoever sends it hears the refusal."""
SECONDS = 20.0
"""Of silence after which a connection is given up."""

PAGE = {
    "": ("index.html", "text/html; charset=utf-8"),
    "review.css": ("review.css", "text/css; charset=utf-8"),
    "review.js": ("review.js", "text/javascript; charset=utf-8"),
    "icon.svg": ("icon.svg", "image/svg+xml"),
}
"""The files of the page, by what follows the token in an address; nothing else is served."""
VIEWS = {"mark": picture_of_mark, "line": picture_of_line}
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

T = TypeVar("T")


class Ask(Protocol):
    """Lets the thread that the desk belongs to do something with it."""

    def __call__(self, what: Callable[[Desk], T], /) -> T:
        """Return what it returns, or raise what it raises."""


class _RefusedError(Exception):
    """A request that is not granted: the status of the answer, and why in words."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


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
        self.token = secrets.token_urlsafe(24)
        self.page = {
            place: files("digitwatch.running.review").joinpath("page", name).read_bytes()
            for place, (name, _) in PAGE.items()
        }
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            raise ConfigError(
                f"port {port} cannot be listened on: {error.strerror}",
                "give another one, or leave --port out to get a free one",
            ) from error
        self.hosts = (f"{HOST}:{self.server_port}", f"localhost:{self.server_port}")

    @property
    def address(self) -> str:
        """What the browser is to open."""
        return f"http://{self.hosts[0]}/{self.token}/"

    def server_bind(self) -> None:
        """Bind without asking for this machine's name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.socket.getsockname()[:2]

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - as the base
        """A browser that hangs up in the middle is nobody's fault."""
        log.debug("a request of the review page ended early")


class _Handler(BaseHTTPRequestHandler):
    server: ReviewServer
    timeout = SECONDS
    server_version, sys_version = "digitwatch", ""

    def do_GET(self) -> None:
        """Serve the page, its state and its pictures."""
        self._respond(self._get)

    def do_POST(self) -> None:
        """Take what the person does."""
        self._respond(self._post)

    def _refuse_method(self) -> None:
        self._respond(self._do_nothing)

    do_HEAD = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse_method  # noqa: N815 - as the base has it

    def _respond(self, how: Callable[[str], None]) -> None:
        """Answer a request, or say why not: the one place where errors become a status."""
        try:
            how(self._place())
        except _RefusedError as error:
            self._send_json({"error": str(error)}, error.status)
        except NonsenseError as error:
            self._send_json({"error": str(error)}, HTTPStatus.BAD_REQUEST)
        except StaleError:
            self._send_json(self.server.ask(Desk.state), HTTPStatus.CONFLICT)
        except DigitwatchError as error:
            self._send_json({"error": str(error)}, HTTPStatus.SERVICE_UNAVAILABLE)
        except ConnectionError:
            raise
        except Exception as error:  # a fault of ours costs one answer, not the review
            log.exception("a request of the review page failed")
            reason = f"digitwatch failed on it ({error})"
            self._send_json({"error": reason}, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _place(self) -> str:
        """What is asked for, behind the token; refuse whoever is not on our page."""
        hosts = self.headers.get_all("Host", [])
        if len(hosts) != 1 or hosts[0] not in self.server.hosts:
            raise _RefusedError(HTTPStatus.FORBIDDEN, "this is another host")
        token, _, place = self.path.partition("?")[0].removeprefix("/").partition("/")
        if not secrets.compare_digest(token.encode(), self.server.token.encode()):
            raise _RefusedError(HTTPStatus.FORBIDDEN, "the address is not complete")
        return place

    def _get(self, place: str) -> None:
        if place in PAGE:
            self._send(self.server.page[place], PAGE[place][1])
        elif place == "state":
            self._send_json(self.server.ask(_look))
        elif wanted := wanted_picture(place):
            seen = self.server.ask(lambda desk: desk.seen(wanted.id, wanted.mark))
            picture = VIEWS[wanted.view](seen) if seen else None
            if picture is None:
                raise _RefusedError(HTTPStatus.NOT_FOUND, "there is no picture of it any more")
            self._send(picture, "image/png")
        else:
            raise _RefusedError(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _post(self, place: str) -> None:
        self._refuse_other_sites()
        body = self._body()
        if place == "end":
            self._send_json({})
            self.server.on_end()
        elif place in ACTIONS:
            self._send_json(self.server.ask(lambda desk: _act(desk, place, body)))
        else:
            raise _RefusedError(HTTPStatus.NOT_FOUND, "there is nothing here")

    def _do_nothing(self, _: str) -> None:
        raise _RefusedError(HTTPStatus.METHOD_NOT_ALLOWED, f"{self.command} is not done here")

    def _refuse_other_sites(self) -> None:
        """Browsers say from where a request comes, and let no page say otherwise."""
        origin = self.headers.get("Origin", f"http://{self.headers['Host']}")
        site = self.headers.get("Sec-Fetch-Site", "same-origin")
        if origin != f"http://{self.headers['Host']}" or site != "same-origin":
            raise _RefusedError(HTTPStatus.FORBIDDEN, "this comes from another site")
        if self.headers.get_content_type() != "application/json":
            raise _RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "this is no JSON")

    def _body(self) -> Any:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdecimal()):
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED, "how long it is has to be said")
        data = self.rfile.read(min(int(length), MOST_DRAINED))
        if int(length) > LARGEST_BODY:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "this is too much")
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise NonsenseError("this is no JSON") from error

    def _send_json(self, value: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        self._send(json.dumps(value).encode("utf-8"), "application/json", status)

    def _send(self, data: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def end_headers(self) -> None:
        """Send what keeps the page to itself with every answer, refusals too."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base has it
        """Log nothing: there is a token in each address."""


def _look(desk: Desk) -> dict[str, Any]:
    desk.look_for_new()
    return desk.state()


def _act(desk: Desk, place: str, body: Any) -> dict[str, Any]:
    ACTIONS[place](desk, body)
    return desk.state()
