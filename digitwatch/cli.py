"""The commands: parse, wire together, print. Heavy libraries are imported by the commands."""

import argparse
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from digitwatch import console
from digitwatch.arguments import parser
from digitwatch.config import Config, load, make_folders, outbox_of, parse, refuse_overlap
from digitwatch.errors import ConfigError, DigitwatchError
from digitwatch.running.signals import interrupt_when_terminated, stop_on_signals

if TYPE_CHECKING:
    # For the types alone: importing these takes seconds.
    from contextlib import AbstractContextManager
    from threading import Event

    from digitwatch.learning.model_store import StoredModel
    from digitwatch.learning.training import Progress
    from digitwatch.recording.record import Record
    from digitwatch.running.activity import Activity
    from digitwatch.running.drawings import Drawing
    from digitwatch.running.launch import Launch
    from digitwatch.running.reader import Reader
    from digitwatch.running.workers import Workers

DEFAULT_CONFIG = Path("config.yaml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: the one place where errors become a line."""
    console.let_every_name_be_printed()
    options = parser(COMMANDS).parse_args(arguments)
    interrupt_when_terminated()
    try:
        exit_code: int = options.command(_configuration(options), options)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does; what was read is kept.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (DigitwatchError, OSError) as error:
        if options.verbose:
            traceback.print_exc()
        print(f"digitwatch: {error}", file=sys.stderr)
        return error.exit_code if isinstance(error, DigitwatchError) else 1
    return exit_code


def _configuration(options: argparse.Namespace) -> Config:
    file: Path = options.config or DEFAULT_CONFIG
    if options.config is None and not file.exists():
        console.say(f"There is no {file} in {Path.cwd()}: the defaults are used.")
        return parse("", Path.cwd())
    try:
        return load(file)
    except ConfigError as error:
        if options.command not in (stop, status) or not file.is_file():
            raise
        console.say(f"digitwatch: {error}")
        return replace(parse("", file.resolve().parent), outbox=outbox_of(file))


def train(config: Config, options: argparse.Namespace) -> int:
    """Train the model, evaluate it, save it, and write its report."""
    make_folders(config, "models")
    _train(config, options.seed)
    return 0


def watch(config: Config, options: argparse.Namespace) -> int:
    """Watch the inbox until Ctrl-C, or `digitwatch stop`."""
    from digitwatch.running.background import refuse_second
    from digitwatch.running.service import Service

    make_folders(config, "inbox", "outbox", "models")
    refuse_second(config.outbox)
    print(f"Save drawings into {config.inbox}", f"Find the results in {config.outbox}", sep="\n")
    console.log_to(console.handler())
    stop = stop_on_signals()
    config_file = (options.config or DEFAULT_CONFIG).absolute()
    print("Ctrl-C ends it.", flush=True)
    Service(config, config_file, stop).run(partial(_model_for_service, stop))
    print("stopped; everything that was read is kept")
    return 0


def _model_for_service(stop: "Event", config: Config, activity: "Activity") -> "StoredModel":
    from digitwatch.running.activity import TRAINING
    from digitwatch.running.service import StoppedError

    def on_progress(step: str, done: float) -> None:
        activity.state = TRAINING
        activity.take_in_hand(f"{step}, {done:.0%}")
        if stop.is_set():
            raise StoppedError

    model = _load_or_train(config, on_progress)
    activity.take_in_hand("")
    return model


def start(config: Config, options: argparse.Namespace) -> int:
    """Start a watcher in the background."""
    from digitwatch.running import background

    make_folders(config, "inbox", "outbox", "models")
    print(background.start(_launch(options), config.outbox))
    print(f"Save drawings into {config.inbox}", f"Find the results in {config.outbox}", sep="\n")
    return 0


def stop(config: Config, options: argparse.Namespace) -> int:
    """Let the watcher finish the drawing in hand and end."""
    from digitwatch.running import background

    was_running = background.stop(config.outbox, console.say)
    print("digitwatch has stopped." if was_running else "No watcher was running.")
    return 0


def status(config: Config, options: argparse.Namespace) -> int:
    """Say what the watcher does; 1 when none runs."""
    from digitwatch.running import status as state

    found = state.look(config.outbox)
    print(state.as_json(found) if options.json else state.as_text(found))
    return 0 if found.running else 1


def install(config: Config, options: argparse.Namespace) -> int:
    """Start the watcher now, and whenever this person logs on."""
    from digitwatch.running import autostart
    from digitwatch.running.instance import is_running

    make_folders(config, "inbox", "outbox", "models")
    launch = _launch(options)
    print(autostart.install(launch))
    print("It runs already." if is_running(config.outbox) else _start_installed(config, launch))
    return 0


def _start_installed(config: Config, launch: "Launch") -> str:
    """Start what was installed, by the system where that does it, so that it is looked after."""
    from digitwatch.running import autostart, background
    from digitwatch.running.instance import last_status

    before = last_status(config.outbox).get("instance")
    if autostart.run_installed(launch):
        words = background.wait_for_start(config.outbox, before, lambda: False, seconds=20.0)
        if words:
            return words
    return background.start(launch, config.outbox)


def uninstall(config: Config, options: argparse.Namespace) -> int:
    """Do not start the watcher at logon any more."""
    from digitwatch.running import autostart
    from digitwatch.running.instance import is_running

    print(autostart.uninstall(_launch(options)) or "Nothing was installed.")
    if is_running(config.outbox):
        print("The watcher that runs goes on until: digitwatch stop")
    return 0


def _launch(options: argparse.Namespace) -> "Launch":
    from digitwatch.running.launch import launch_of

    is_default = options.config is None
    config_file = (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None) if is_default else None
    return launch_of(options.config or config_file, Path.cwd())


def classify(config: Config, options: argparse.Namespace) -> int:
    """Read files and folders; 1 when some could not be read."""
    from digitwatch.learning.model_store import load as load_model
    from digitwatch.recording.outbox import Outbox
    from digitwatch.running.batch import classify as read_all
    from digitwatch.running.batch import gather
    from digitwatch.running.reader import reader_for

    if options.output:
        config = replace(config, outbox=options.output.absolute())
        refuse_overlap(config, "--output")
    make_folders(config, "outbox")
    drawings = gather(options.paths, config.outbox.resolve(), recursive=config.recursive)
    reader = reader_for(config, load_model(config.models))
    total = len(drawings)
    with (
        _workers(reader, config, options) as workers,
        Outbox(config.outbox, config.delimiter) as outbox,
        console.progress_bar(total=total, unit="file") as bar,
    ):
        shows_all = total <= console.MOST_LINES

        def on_read(drawing: "Drawing", records: "Sequence[Record]") -> None:
            bar.update()
            console.show_records(records, drawing, shows_all=shows_all)

        summary = read_all(drawings, total, workers, outbox, on_read)
    console.print_summary(summary, config)
    return 1 if summary.has_failures else 0


def _workers(
    reader: "Reader", config: Config, options: argparse.Namespace
) -> "AbstractContextManager[Workers]":
    if options.scheduler:
        from digitwatch.running.cluster import on_cluster

        return on_cluster(options.scheduler, reader, console.say)
    from digitwatch.running.workers import cores, on_cores

    return nullcontext(on_cores(reader, cores(options.jobs or config.jobs)))


def evaluate(config: Config, options: argparse.Namespace) -> int:
    """Read labelled pictures and show how many are right, and how far the confidence holds."""
    from digitwatch.learning.file_report import as_text
    from digitwatch.learning.model_store import load as load_model
    from digitwatch.running.evaluate import evaluate as measure
    from digitwatch.running.reader import reader_for

    make_folders(config, "outbox")
    reader = reader_for(config, load_model(config.models))
    with console.progress_bar(total=0, unit="file") as bar:

        def on_read(count: int, total: int) -> None:
            bar.total = total
            bar.update(count - bar.n)

        results = measure(options.folder, config.outbox / "evaluation", reader, on_read)
    if options.json:
        print(json.dumps(results.evaluation.figures(), indent=1))
    else:
        print(as_text(results.evaluation), f"With pictures: {results.page}", sep="\n")
    return 0


def explain(config: Config, options: argparse.Namespace) -> int:
    """Make a picture of every step of the reading of one file, and say the outcome."""
    from digitwatch.learning.model_store import load as load_model
    from digitwatch.running.explain import explain as show
    from digitwatch.running.reader import reader_for

    make_folders(config, "outbox")
    reader = reader_for(config, load_model(config.models))
    explanation = show(options.file, config.outbox / "explained", reader)
    print(explanation.sentence)
    if explanation.picture:
        print(f"The picture of it: {explanation.picture}")
    return 0 if explanation.picture else 1


def demo(config: Config, options: argparse.Namespace) -> int:
    """Draw ten digits, let the watcher read them, and show what came out."""
    from digitwatch.running.demo import run_demo
    from digitwatch.running.reader import reader_for

    home = Path(tempfile.mkdtemp(prefix="digitwatch-demo-"))
    models = config.models if config.models.is_dir() else home
    config = replace(config, inbox=home / "inbox", outbox=home / "outbox", models=models)
    make_folders(config, "inbox", "outbox")
    reader = reader_for(config, _load_or_train(config))
    print("Ten digits are drawn, saved as people save them, and read by the watcher:\n")
    samples = run_demo(reader, config, seed=7)
    console.print_samples(samples, config)
    return 0 if all(sample.record for sample in samples) else 1


def _load_or_train(config: Config, on_progress: "Progress | None" = None) -> "StoredModel":
    from digitwatch.learning.model_store import is_stored
    from digitwatch.learning.model_store import load as load_model

    if is_stored(config.models):
        return load_model(config.models)
    print("There is no model yet, so one is trained first; this takes a minute.", flush=True)
    return _train(config, 0, on_progress)


def _train(config: Config, seed: int, on_progress: "Progress | None" = None) -> "StoredModel":
    from digitwatch.learning.model_store import save
    from digitwatch.learning.report import write_report
    from digitwatch.learning.training import train as fit

    layout = "{desc:<40} {percentage:3.0f} % |{bar}| {elapsed}"
    with console.progress_bar(total=100, bar_format=layout) as bar:

        def show(step: str, done: float) -> None:
            bar.set_description(step, refresh=False)
            bar.update(100 * done - bar.n)
            if on_progress:
                on_progress(step, done)

        training = fit(seed, progress=show, jobs=config.jobs or -1)
    model = save(training, config.models)
    report = write_report(training, config.models)
    console.print_scores(training, model, report, config)
    return model


COMMANDS = {
    command.__name__: command
    for command in (
        demo, train, watch, classify, evaluate, explain, start, stop, status, install, uninstall,
    )
}  # fmt: skip
