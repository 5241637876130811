"""Look through what was read, in the browser."""

import argparse
from threading import Thread
from typing import TYPE_CHECKING

from digitwatch import console
from digitwatch.config import Config, make_folders
from digitwatch.running.signals import stop_on_signals

if TYPE_CHECKING:
    # For the types alone: importing these takes seconds.
    from digitwatch.running.review.admission import Addresses
    from digitwatch.running.review.session import Reviewed


def review(config: Config, options: argparse.Namespace) -> int:
    """Show a page on which a person says what is right, until Ctrl-C or its button."""
    from digitwatch.running.review.session import review as show

    make_folders(config, "outbox")

    def on_open(addresses: "Addresses") -> None:
        if options.no_browser:
            print(addresses.page, flush=True)
            return
        print(f"The page opens in your browser: {addresses.page}\nCtrl-C ends it.", flush=True)
        # Some browsers keep whoever starts them waiting until they are closed.
        Thread(target=_open_in_browser, args=(addresses,), name="browser", daemon=True).start()

    reviewed = show(config, options.port, stop_on_signals(), on_open, console.say)
    print("\n".join(_outcome(reviewed)))
    return 0


def _open_in_browser(addresses: "Addresses") -> None:
    """Start a browser with the address that works once: others can see what it is started with."""
    import webbrowser

    try:
        is_opened = webbrowser.open(addresses.once)
    except Exception:  # noqa: BLE001 - whatever it is, the person can do without it
        is_opened = False
    if not (is_opened or addresses.opened.is_set()):
        console.say("digitwatch: no browser could be opened; open the address above yourself")


def _outcome(reviewed: "Reviewed") -> list[str]:
    lines = []
    if reviewed.records:
        lines.append(f"What you said of {_pages(reviewed.records)} is kept.")
    if reviewed.unfinished:
        lines.append(f"{_pages(reviewed.unfinished)} half said: the next review goes on there.")
    if not lines:
        return ["Nothing was said to be right or wrong."]
    if reviewed.waiting:
        lines.append(f"The table does not have all of it yet: {reviewed.waiting}")
    if reviewed.records:
        lines.append("digitwatch train --corrections learns from it.")
    return lines


def _pages(count: int) -> str:
    return "1 page" if count == 1 else f"{count:,} pages"
