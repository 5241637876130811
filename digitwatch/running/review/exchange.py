"""One request and its answer: what is read of the one, and what goes with every other."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from digitwatch.running.review.admission import RefusedError, length_of

LARGEST_BODY = 1000
"""Bytes; an answer has some 60."""
MOST_DRAINED = 100_000
"""Bytes of a larger body that are taken in, so that whoever sends it hears the refusal."""
SECONDS = 20.0
"""Of silence after which a connection is given up."""

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


class Exchange(BaseHTTPRequestHandler):
    """Reads and sends JSON; what is asked and answered is not decided here."""

    timeout = SECONDS
    server_version, sys_version = "digitwatch", ""

    def read_json(self) -> Any:
        """The body.

        Raises:
            RefusedError: It is too long, no JSON, or did not come.
        """
        length = length_of(self.headers)
        try:
            data = self.rfile.read(min(length, MOST_DRAINED))
        except TimeoutError as error:
            raise RefusedError(HTTPStatus.REQUEST_TIMEOUT, "it did not come in time") from error
        if length > LARGEST_BODY:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "this is too much")
        if len(data) < length:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "it ends too early")
        try:
            return json.loads(data)
        except (ValueError, RecursionError) as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "this is no JSON") from error

    def send_json(self, value: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> None:
        """Answer with a value."""
        self.send_data(json.dumps(value).encode("utf-8"), "application/json", status)

    def send_data(self, data: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Answer with bytes of that kind, as `image/png`."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def send_elsewhere(self, path: str) -> None:
        """Answer that what is asked for is at another path here."""
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", path)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def end_headers(self) -> None:
        """Send what keeps the page to itself with every answer, refusals too."""
        for name, value in HEADERS.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base has it
        """Log nothing: there is a token in each address."""
