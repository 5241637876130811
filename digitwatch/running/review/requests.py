"""What the review page may ask for, and what a request of it says."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from digitwatch.recording.correction import Label
from digitwatch.recording.record import ID_PATTERN
from digitwatch.running.review.admission import RefusedError
from digitwatch.running.review.desk import Desk, StaleError

MOST_MARKS = 100_000
"""More than any page has."""
_PICTURE = re.compile(rf"picture/({ID_PATTERN})/([0-9]{{1,5}})/(mark|line)")


@dataclass(frozen=True)
class Wanted:
    """A picture: of which mark of which record, and the `mark` itself or its `line`."""

    id: str
    mark: int
    view: str


def wanted_picture(place: str) -> Wanted | None:
    """The picture that an address names; None where it names none."""
    found = _PICTURE.fullmatch(place)
    return Wanted(found[1], int(found[2]), found[3]) if found else None


def _answer(desk: Desk, body: Any) -> None:
    desk.answer(*_asked(body), _label(body))


def _rest(desk: Desk, body: Any) -> None:
    desk.agree_with_rest(*_asked(body))


def _skip(desk: Desk, body: Any) -> None:
    desk.skip(*_asked(body))


def _undo(desk: Desk, body: Any) -> None:
    if body and desk.asked != _asked(body):
        raise StaleError  # what was done elsewhere meanwhile is not this window's to undo
    desk.undo()


def _others(desk: Desk, _: Any) -> None:
    desk.look_at_others()


def _skipped(desk: Desk, _: Any) -> None:
    desk.look_at_skipped()


ACTIONS: Mapping[str, Callable[[Desk, Any], None]] = {
    "answer": _answer,
    "rest": _rest,
    "skip": _skip,
    "undo": _undo,
    "others": _others,
    "skipped": _skipped,
}
"""What a person does on the page, by the end of the address to which the page sends it."""


def _asked(body: Any) -> tuple[str, int]:
    """The record and the mark that a request is about.

    Raises:
        RefusedError: It does not say.
    """
    match body:
        case {"id": str(id_), "mark": int(mark)} if _is_mark(id_, mark):
            return id_, mark
    raise RefusedError(HTTPStatus.BAD_REQUEST, "it says not of which mark")


def _is_mark(id_: str, mark: int) -> bool:
    is_id = re.fullmatch(ID_PATTERN, id_) is not None
    return is_id and not isinstance(mark, bool) and 0 <= mark < MOST_MARKS


def _label(body: Mapping[str, Any]) -> Label:
    match body.get("digit", ""):
        case None:
            return None
        case int(digit) if not isinstance(digit, bool) and 0 <= digit <= 9:
            return digit
    raise RefusedError(HTTPStatus.BAD_REQUEST, "a digit is 0 to 9, or null where there is none")
