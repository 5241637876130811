"""The command line: which commands there are, and what may be given to them."""

import argparse
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from digitwatch import __version__

Command = Callable[..., int]

MOST_JOBS = 256
MOST_PORT = 65535
MOST_DAYS = 100_000


def parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """The parser of the command line; what it parses has the command as `command`.

    Args:
        commands: What does the work, by the name of the command; where none is given, `command` is
            None.
    """
    top = argparse.ArgumentParser(
        prog="digitwatch",
        description="Reads handwritten digits from the drawings and scans in a folder.",
        epilog="Exit codes: 0 done (status: it runs), 1 some files failed (status: it does not "
        "run), 2 usage or configuration, 3 no usable model, 4 already running.",
    )
    top.add_argument("--version", action="version", version=f"digitwatch {__version__}")
    top.set_defaults(command=None, config=None, verbose=False)
    # Before the command or behind it; what is left out there must not undo what is given here.
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    for options in (top, common):
        options.add_argument(
            "--config", type=_path, metavar="FILE", help="the settings (default: ./config.yaml)"
        )
        options.add_argument("--verbose", action="store_true", help="show where an error came from")
    subs = top.add_subparsers(metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        sub = subs.add_parser(name, help=text, description=text, parents=[common])
        sub.set_defaults(command=commands[name])
        return sub

    add("demo", "draw ten digits, read them with the real watcher, show what came out")
    _add_training(add)
    add("watch", "read what is saved into the inbox, until Ctrl-C")
    _add_reading(add)
    _add_review(add)
    _add_records(add)
    _add_background(add)
    return top


def _add_training(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    training = add("train", "train the model and write its report")
    training.description = (
        "Train the model anew and write its report. A new model takes the place of the old one "
        "only if it is not worse on what neither has learned; with nothing else given it learns "
        "no corrections, whatever the old one did."
    )
    training.add_argument("--seed", type=_seed, help="another seed, another model")
    training.add_argument(
        "--corrections", action="store_true", help="learn also what you have corrected or confirmed"
    )
    training.add_argument(
        "--data",
        type=_path,
        metavar="FOLDER",
        help="learn also labelled pictures: 7_anything.png, 7/anything.png, nondigit/",
    )
    training.add_argument(
        "--openml", metavar="NAME", help="learn also a data set from openml.org, such as mnist_784"
    )
    training.add_argument("--force", action="store_true", help="keep the new model even if worse")
    training.add_argument(
        "--rollback",
        action="store_true",
        help="train nothing, and bring the previous model back; again, and it is undone",
    )


def _add_reading(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    batch = add("classify", "read files and folders")
    batch.add_argument(
        "paths", type=_path, nargs="+", metavar="PATH", help="a picture, or a folder of pictures"
    )
    batch.add_argument(
        "--output",
        type=_path,
        metavar="DIR",
        help="where the results go (default: the outbox of the configuration)",
    )
    by_whom = batch.add_mutually_exclusive_group()
    by_whom.add_argument(
        "--jobs",
        type=_jobs,
        default=0,
        metavar="N",
        help="processor cores to use (default: jobs of the configuration, or all)",
    )
    by_whom.add_argument(
        "--scheduler",
        type=_address,
        metavar="ADDRESS",
        help="let the workers of a Dask cluster read, tcp://HOST:8786 (needs digitwatch[dask])",
    )
    measuring = add("evaluate", "measure the accuracy on labelled pictures")
    measuring.add_argument(
        "folder",
        type=_path,
        metavar="FOLDER",
        help="with 7_anything.png, 7/anything.png, nondigit/",
    )
    measuring.add_argument("--json", action="store_true", help="print every figure as JSON")
    showing = add("explain", "show step by step how a file is read, or why it is not")
    showing.add_argument("file", type=_path, metavar="FILE")


def _add_review(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    looking = add("review", "look through what was read in the browser, and say what is right")
    looking.add_argument(
        "--port",
        type=_port,
        default=0,
        metavar="N",
        help="where the page is served, on this machine alone (default: a free one)",
    )
    looking.add_argument(
        "--no-browser", action="store_true", help="only print the address of the page"
    )


def _add_records(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    handing_out = add("export", "write all that was read into one file, with the corrections")
    handing_out.add_argument(
        "file",
        type=_path,
        nargs="?",
        metavar="FILE",
        help="ending in .csv or .parquet (default: export.csv in the outbox)",
    )
    handing_out.add_argument(
        "--rebuild",
        action="store_true",
        help="make predictions.csv anew, with rows that were deleted and all that you typed",
    )
    counting = add("stats", "count what was read and how much is right, as text and as a picture")
    period = counting.add_mutually_exclusive_group()
    period.add_argument(
        "--since", type=_date, metavar="DATE", help="count from this day on: 2026-11-25"
    )
    period.add_argument(
        "--days", type=_days, default=0, metavar="N", help="count the last N days, today included"
    )
    counting.add_argument("--json", action="store_true", help="print every figure as JSON")


def _add_background(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    add("start", "watch in the background, until: digitwatch stop")
    add("stop", "let the watcher finish the drawing in hand and end")
    state = add("status", "say whether a watcher runs, what it does, what waits and what failed")
    state.add_argument("--json", action="store_true", help="print everything as JSON")
    add("install", "start the watcher now and whenever you log on")
    add("uninstall", "do not start it at logon any more")


def _path(text: str) -> Path:
    # Path would take it for the folder that one is in: a variable of a script that is not set.
    if not text:
        raise argparse.ArgumentTypeError("'' is no path")
    return Path(text)


def _address(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("'' is no address like tcp://HOST:8786")
    return text


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_JOBS:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to {MOST_JOBS}")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_PORT:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to {MOST_PORT}")
    return int(text)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not a day like 2026-11-25") from None


def _days(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to {MOST_DAYS}")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0 to 4294967295")
    return int(text)
