"""Waiting for what happens in another thread or process: never for a fixed time."""

import time
from collections.abc import Callable

SECONDS = 30.0
SLOW_START = 120.0
"""Seconds: on a busy machine Wine takes most of a minute to load the libraries."""


def wait_until(condition: Callable[[], object], seconds: float = SECONDS) -> None:
    """Return as soon as `condition()` holds; fail when it does not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)
