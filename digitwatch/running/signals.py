"""Being told to stop: Ctrl-C, and the requests to terminate that systems send."""

import signal
from threading import Event
from types import FrameType

TERMINATING = ("SIGTERM", "SIGBREAK")


def interrupt_when_terminated() -> None:
    """Let a request to terminate end the program as Ctrl-C does, so that it can tidy up."""
    for name in TERMINATING:
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.default_int_handler)


def stop_on_signals() -> Event:
    """An event that Ctrl-C and a request to terminate set; the second one ends the program."""
    stop = Event()

    def request_stop(number: int, _: FrameType | None) -> None:
        signal.signal(number, signal.default_int_handler)
        stop.set()

    for name in ("SIGINT", *TERMINATING):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), request_stop)
    return stop
