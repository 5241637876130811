"""The command line as its parser has it, to compare it with what is written about it."""

import argparse
from typing import cast

from digitwatch.arguments import parser
from digitwatch.cli import COMMANDS

TOP = parser(COMMANDS)


def actions_of(one: argparse.ArgumentParser) -> list[argparse.Action]:
    """What may be given to a parser."""
    return one._actions  # noqa: SLF001 - argparse has no other way to ask


def parsers() -> dict[str, argparse.ArgumentParser]:
    """The parsers of the commands, by their names."""
    (commands,) = (one for one in actions_of(TOP) if one.metavar == "COMMAND")
    return cast("dict[str, argparse.ArgumentParser]", commands.choices)


def options_of(one: argparse.ArgumentParser) -> set[str]:
    """The options of a parser, as they are written: `--jobs N`."""
    found = set()
    for action in actions_of(one):
        if action.option_strings:
            value = "" if action.nargs == 0 else f" {action.metavar or action.dest.upper()}"
            found.add(action.option_strings[-1] + value)
    return found


def arguments_of(one: argparse.ArgumentParser) -> str:
    """What a command is given beside options: `PATH...`."""
    forms: dict[int | str | None, str] = {"+": "{}...", "?": "[{}]", None: "{}"}
    return " ".join(
        forms[action.nargs].format(action.metavar)
        for action in actions_of(one)
        if not action.option_strings
    )
