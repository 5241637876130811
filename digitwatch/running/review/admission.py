"""Who is let in to the review page, and what a request may be: decisions alone."""

import secrets
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from threading import Event, Lock

HOST = "127.0.0.1"
LONGEST_LENGTH = 9
"""Digits of a length that is read at all."""


class RefusedError(Exception):
    """A request that is not granted: the status of the answer, and why in words."""

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Addresses:
    """Where the page is.

    Attributes:
        page: Its own address, as long as the review lasts: for the eyes of one person.
        once: Opens it for whoever comes first, and for nobody after: for a browser to be started
            with, since others on the machine can read with what a program was started.
        opened: Is set when `once` was used.
    """

    page: str
    once: str
    opened: Event


class Admission:
    """The two secrets of a review, and who may come in with them.

    Args:
        port: Where the page is served.
    """

    def __init__(self, port: int) -> None:
        self.token = secrets.token_urlsafe(24)
        self.once = secrets.token_urlsafe(24)
        self.opened = Event()
        self._opening = Lock()
        names = (HOST, "localhost")
        self._hosts = {f"{name}:{port}" for name in names}
        if port == 80:  # which a browser leaves out
            self._hosts |= set(names)

    def refuse_other_hosts(self, headers: Message) -> None:
        """Refuse what was sent to a name that another site has made lead here."""
        hosts = headers.get_all("Host", [])
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            raise RefusedError(HTTPStatus.FORBIDDEN, "this is another host")

    def refuse_without_token(self, token: str) -> None:
        """Refuse whoever does not know the address of the page."""
        if not _is_same(token, self.token):
            raise RefusedError(HTTPStatus.FORBIDDEN, "the address is not complete")

    def is_first(self, once: str) -> bool:
        """Whether the page opens, as it does the first time only.

        Raises:
            RefusedError: This is not the secret that opens it once.
        """
        if not _is_same(once, self.once):
            raise RefusedError(HTTPStatus.FORBIDDEN, "the address is not complete")
        with self._opening:
            is_first = not self.opened.is_set()
            self.opened.set()
        return is_first


def refuse_other_sites(headers: Message) -> None:
    """Refuse what is not from our page: browsers say from where, and let no page say otherwise."""
    own = f"http://{headers['Host']}"
    site = headers.get("Sec-Fetch-Site", "same-origin")
    if headers.get("Origin", own) != own or site != "same-origin":
        raise RefusedError(HTTPStatus.FORBIDDEN, "this comes from another site")
    if headers.get_content_type() != "application/json":
        raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "this is no JSON")


def length_of(headers: Message) -> int:
    """How many bytes the body has.

    Raises:
        RefusedError: It is not said, or not in one way, or it is too much whatever it is exactly.
    """
    lengths = headers.get_all("Content-Length", [])
    if "Transfer-Encoding" in headers or not lengths:
        raise RefusedError(HTTPStatus.LENGTH_REQUIRED, "how long it is has to be said first")
    length = lengths[0]
    if len(lengths) > 1 or not (length.isascii() and length.isdecimal()):
        raise RefusedError(HTTPStatus.BAD_REQUEST, "this is no length")
    if len(length) > LONGEST_LENGTH:
        raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "this is too much")
    return int(length)


def _is_same(given: str, secret: str) -> bool:
    return secrets.compare_digest(given.encode(), secret.encode())
