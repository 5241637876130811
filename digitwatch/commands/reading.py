"""Read files and folders, measure and show how they are read."""

import argparse
import json
import tempfile
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from digitwatch import console
from digitwatch.commands.training import load_or_train
from digitwatch.config import Config, make_folders, refuse_overlap

if TYPE_CHECKING:
    # For the types alone: importing these takes seconds.
    from contextlib import AbstractContextManager

    from digitwatch.recording.record import Record
    from digitwatch.running.drawings import Drawing
    from digitwatch.running.reader import Reader
    from digitwatch.running.workers import Workers


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
    for folder in sorted(drawings.closed):
        console.say(f"digitwatch: a folder cannot be looked into: {folder}")
    return 1 if summary.has_failures or drawings.closed else 0


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
    from digitwatch.running.evaluate import keep
    from digitwatch.running.reader import reader_for

    make_folders(config, "outbox")
    reader = reader_for(config, load_model(config.models))
    with console.progress_bar(total=0, unit="file") as bar:

        def on_read(count: int, total: int) -> None:
            bar.total = total
            bar.update(count - bar.n)

        results = measure(options.folder, reader, on_read)
    found = results.evaluation
    print(json.dumps(found.figures(), indent=1) if options.json else as_text(found), flush=True)
    page = keep(results, config.outbox / "evaluation")
    if not options.json:
        print(f"With pictures: {page}")
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
    reader = reader_for(config, load_or_train(config))
    print("Ten digits are drawn, saved as people save them, and read by the watcher:\n")
    samples = run_demo(reader, config, seed=7)
    console.print_samples(samples, config)
    return 0 if all(sample.record for sample in samples) else 1
