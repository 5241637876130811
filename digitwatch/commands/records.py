"""Hand out what was read, all of it, and count it."""

import argparse
import sys
from contextlib import nullcontext, redirect_stdout
from datetime import date, timedelta

from digitwatch import console
from digitwatch.config import Config, make_folders
from digitwatch.errors import writing


def export(config: Config, options: argparse.Namespace) -> int:
    """Write the whole ledger into a file, or make predictions.csv anew; 1 where that must wait."""
    from digitwatch.recording.corrections import take
    from digitwatch.recording.export import export as write
    from digitwatch.recording.export import refuse
    from digitwatch.recording.outbox import Outbox
    from digitwatch.recording.rebuilding import rebuild
    from digitwatch.running.clock import local_time

    make_folders(config, "outbox")
    is_asked_for = options.file or not options.rebuild
    path = (options.file or config.outbox / "export.csv").absolute()
    with Outbox(config.outbox, config.delimiter) as outbox:
        if is_asked_for:
            refuse(path, outbox)
        console.print_taken(take(outbox, local_time()))
        if options.rebuild:
            console.print_rebuilt(rebuild(outbox, config.delimiter, local_time()), outbox.csv)
        if is_asked_for:
            print(f"{write(outbox.ledger, path, config.delimiter)} rows are in {path}")
    return 0


def stats(config: Config, options: argparse.Namespace) -> int:
    """Say what was read, how right it is and whether it has drifted; draw a picture of it."""
    from digitwatch.files import write_atomically
    from digitwatch.recording.corrections import take
    from digitwatch.recording.outbox import Outbox
    from digitwatch.running.clock import local_time
    from digitwatch.running.stats.gathering import as_json, gather, nothing
    from digitwatch.running.stats.picture import draw
    from digitwatch.running.stats.text import as_text
    from digitwatch.running.status import LEDGER

    _refuse_lost_outbox(config)
    if not (config.outbox / LEDGER).exists():
        found = nothing(config.models)
        print(as_json(found) if options.json else as_text(found))
        return 0
    with Outbox(config.outbox, config.delimiter) as outbox:
        with redirect_stdout(sys.stderr) if options.json else nullcontext():
            console.print_taken(take(outbox, local_time()))
        found = gather(outbox.ledger, config.models, _first_day(options))
    print(as_json(found) if options.json else as_text(found), flush=True)
    picture = config.outbox / "stats.png"
    with writing(picture):
        write_atomically(picture, draw(found))
    if not options.json:
        print(f"\nThe picture of it: {picture}")
    return 0


def _refuse_lost_outbox(config: Config) -> None:
    """Refuse an outbox that cannot be used, but make none only to say that it is empty."""
    if config.outbox.exists() or not config.outbox.parent.is_dir():
        make_folders(config, "outbox")


def _first_day(options: argparse.Namespace) -> date | None:
    from digitwatch.running.clock import local_time

    if options.days:
        return local_time().date() - timedelta(days=options.days - 1)
    since: date | None = options.since
    return since
