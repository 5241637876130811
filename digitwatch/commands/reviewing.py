"""Look through what was read, in the browser."""

import argparse
from typing import TYPE_CHECKING

from digitwatch import console
from digitwatch.config import Config, make_folders
from digitwatch.running.signals import stop_on_signals

if TYPE_CHECKING:
    # For the types alone: importing these takes seconds.
    from digitwatch.running.review.session import Reviewed


def review(config: Config, options: argparse.Namespace) -> int:
    """Show a page on which a person says what is right, until Ctrl-C or its button."""
    import webbrowser

    from digitwatch.running.review.session import review as show

    make_folders(config, "outbox")

    def on_open(address: str) -> None:
        if options.no_browser:
            print(address, flush=True)
            return
        print(f"The page opens in your browser: {address}", "Ctrl-C ends it.", sep="\n", flush=True)
        webbrowser.open(address)

    reviewed = show(config, options.port, stop_on_signals(), on_open, console.say)
    print("\n".join(_outcome(reviewed)))
    return 0


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
