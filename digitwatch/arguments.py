"""The command line: which commands there are, and what may be given to them."""

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from digitwatch import __version__

Command = Callable[..., int]

MOST_JOBS = 256


def parser(commands: Mapping[str, Command]) -> argparse.ArgumentParser:
    """The parser of the command line; what it parses has the command as `command`.

    Args:
        commands: What does the work, by the name of the command.
    """
    top = argparse.ArgumentParser(
        prog="digitwatch",
        description="Reads handwritten digits from the drawings and scans in a folder.",
        epilog="Exit codes: 0 done (status: it runs), 1 some files failed (status: it does not "
        "run), 2 usage or configuration, 3 no usable model, 4 already running.",
    )
    top.add_argument("--version", action="version", version=f"digitwatch {__version__}")
    top.set_defaults(config=None, verbose=False)
    # Before the command or behind it; what is left out there must not undo what is given here.
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    for options in (top, common):
        options.add_argument(
            "--config", type=Path, metavar="FILE", help="the settings (default: ./config.yaml)"
        )
        options.add_argument("--verbose", action="store_true", help="show where an error came from")
    subs = top.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, text: str) -> argparse.ArgumentParser:
        sub = subs.add_parser(name, help=text, description=text, parents=[common])
        sub.set_defaults(command=commands[name])
        return sub

    add("demo", "draw ten digits, read them with the real watcher, show what came out")
    training = add("train", "train the model and write its report")
    training.add_argument("--seed", type=_seed, default=0, help="another seed, another model")
    add("watch", "read what is saved into the inbox, until Ctrl-C")
    _add_reading(add)
    _add_background(add)
    return top


def _add_reading(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    batch = add("classify", "read files and folders")
    batch.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="a picture, or a folder of pictures"
    )
    batch.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where the results go (default: the outbox of the configuration)",
    )
    batch.add_argument(
        "--jobs",
        type=_jobs,
        default=0,
        metavar="N",
        help="processor cores to use (default: jobs of the configuration, or all)",
    )
    batch.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="let the workers of a Dask cluster read, tcp://HOST:8786 (needs digitwatch[dask])",
    )
    measuring = add("evaluate", "measure the accuracy on labelled pictures")
    measuring.add_argument(
        "folder", type=Path, metavar="FOLDER", help="with 7_anything.png, 7/anything.png, nondigit/"
    )
    measuring.add_argument("--json", action="store_true", help="print every figure as JSON")
    showing = add("explain", "show step by step how a file is read, or why it is not")
    showing.add_argument("file", type=Path, metavar="FILE")


def _add_background(add: Callable[[str, str], argparse.ArgumentParser]) -> None:
    add("start", "watch in the background, until: digitwatch stop")
    add("stop", "let the watcher finish the drawing in hand and end")
    state = add("status", "say whether a watcher runs, what it does, what waits and what failed")
    state.add_argument("--json", action="store_true", help="print everything as JSON")
    add("install", "start the watcher now and whenever you log on")
    add("uninstall", "do not start it at logon any more")


def _jobs(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_JOBS:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 to {MOST_JOBS}")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0 to 4294967295")
    return int(text)
