"""The wall clock, for what has to start without the libraries that read."""

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]


def local_time() -> datetime:
    """The wall clock, as the person at the machine sees it."""
    return datetime.now()  # noqa: DTZ005 - local time is what the CSV shows
