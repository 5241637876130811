"""The command line: parse, do what was asked, and turn errors into a line."""

import argparse
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from digitwatch import console
from digitwatch.arguments import parser
from digitwatch.commands.reading import classify, demo, evaluate, explain
from digitwatch.commands.records import export, stats
from digitwatch.commands.reviewing import review
from digitwatch.commands.training import train
from digitwatch.commands.watching import install, start, status, stop, uninstall, watch
from digitwatch.config import DEFAULT_CONFIG, Config, load, outbox_of, parse
from digitwatch.errors import ConfigError, DigitwatchError, in_words
from digitwatch.recording.record import one_line
from digitwatch.running.signals import interrupt_when_terminated

COMMANDS = {
    command.__name__: command
    for command in (
        demo, train, watch, classify, evaluate, explain, review, export, stats, start, stop, status,
        install, uninstall,
    )
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: the one place where errors become a line."""
    console.let_every_name_be_printed()
    top = parser(COMMANDS)
    options = top.parse_args(arguments)
    if options.command is None:
        top.print_help(sys.stderr)
        return ConfigError.exit_code
    interrupt_when_terminated()
    try:
        exit_code: int = options.command(_configuration(options), options)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does; what was read is kept.
        _print_no_more()
        return 1
    except (DigitwatchError, OSError) as error:
        if options.verbose:
            traceback.print_exc()
        print(f"digitwatch: {one_line(in_words(error))}", file=sys.stderr)
        try:
            sys.stdout.flush()
        except OSError:
            _print_no_more()
        return error.exit_code if isinstance(error, DigitwatchError) else 1
    return exit_code


def _print_no_more() -> None:
    """Let go of what could not be printed: at its end Python would fail on it once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _configuration(options: argparse.Namespace) -> Config:
    file: Path = options.config or DEFAULT_CONFIG
    if options.config is None and not file.exists():
        config = parse("", Path.cwd())
        if options.command is not demo and not _was_used(config):
            console.say(f"There is no {file} in {Path.cwd()}: the defaults are used.")
        return config
    try:
        return load(file)
    except ConfigError as error:
        if options.command not in (stop, status):
            raise
        try:
            outbox = outbox_of(file)
        except OSError:
            raise error from None
        console.say(f"digitwatch: {error}")
        return replace(parse("", file.resolve().parent), outbox=outbox)


def _was_used(config: Config) -> bool:
    """Whether there is anything of ours; if not, a person may be in another folder than meant."""
    return any(folder.exists() for folder in (config.inbox, config.outbox, config.models))
