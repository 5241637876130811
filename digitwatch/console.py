"""What the commands show on the console: lines, bars, tables."""

import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from digitwatch.config import Config

if TYPE_CHECKING:
    # For the types alone: importing these takes seconds.
    from digitwatch.learning.model_store import StoredModel
    from digitwatch.learning.training import Training
    from digitwatch.recording.record import Record
    from digitwatch.running.batch import Summary
    from digitwatch.running.demo import Sample
    from digitwatch.running.drawings import Drawing

MOST_LINES = 25
"""A batch of more files than this shows a line only for those that failed."""


def let_every_name_be_printed() -> None:
    """A console that lacks a letter of a file name shows `?` for it instead of failing.

    A program without a console, as under pythonw, gets one that swallows everything.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - stays
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def say(words: str) -> None:
    """Tell a person something that is no result, so it does not go where results go."""
    print(words, file=sys.stderr)


def progress_bar(**settings: Any) -> Any:
    """A bar on the error stream."""
    from tqdm import tqdm

    return tqdm(**settings)


def handler() -> logging.Handler:
    """What is logged appears on the console, behind the time of day."""
    shown = logging.StreamHandler(sys.stdout)
    shown.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%H:%M:%S"))
    return shown


def log_to(*handlers: logging.Handler) -> None:
    """Send what digitwatch logs to these; other libraries' logs are not shown."""
    log = logging.getLogger("digitwatch")
    log.setLevel(logging.DEBUG)
    for handler in handlers:
        handler.setLevel(handler.level or logging.INFO)
        log.addHandler(handler)


def show_records(records: "Sequence[Record]", drawing: "Drawing", *, shows_all: bool) -> None:
    """Print what was read in a file; not `shows_all`: only if that failed."""
    from tqdm import tqdm

    from digitwatch.recording.record import ERROR, describe

    if shows_all and not records:
        tqdm.write(f"{drawing.file}:  was read before, and is unchanged")
    for record in records:
        if shows_all or record.status == ERROR:
            tqdm.write(describe(record))


def print_summary(summary: "Summary", config: Config) -> None:
    """Print what became of a batch, and where its results are."""
    if not summary.files:
        print("There is no picture in what was given.")
        return
    counts = ", ".join(f"{count} {status}" for status, count in sorted(summary.pages.items()))
    files = "file" if summary.files == 1 else "files"
    known = f", {summary.known} read before" if summary.known else ""
    print(f"{summary.files} {files}: {counts or 'nothing new'}{known}")
    if summary.waiting:
        print(f"{summary.waiting.rows} rows are waiting: {summary.waiting.reason}")
    print(f"The results are in {config.outbox / 'predictions.csv'}")


def print_samples(samples: "Sequence[Sample]", config: Config) -> None:
    """Print what the demo drew beside what was read."""
    print(f"  {'drawn':<7}{'read':<7}{'sure':<8}{'status':<9}file")
    right = 0
    for sample in samples:
        record = sample.record
        if record is None:
            print(f"  {sample.digit:<7}{'-':<7}{'-':<8}{'-':<9}{sample.file}")
            continue
        sure = "-" if record.confidence is None else f"{record.confidence} %"
        print(f"  {sample.digit:<7}{record.digits:<7}{sure:<8}{record.status:<9}{sample.file}")
        right += record.digits == str(sample.digit)
    print(
        f"\n{right} of {len(samples)} read right.",
        f"The rows:       {config.outbox / 'predictions.csv'}",
        f"The thumbnails: {config.outbox / 'thumbnails'}",
        "\nNow your own: run digitwatch watch, and save a drawing into the inbox.",
        sep="\n",
    )


def print_scores(training: "Training", model: "StoredModel", report: Path, config: Config) -> None:
    """Print how well the new model reads, and where it and its report are."""
    from digitwatch.learning.markup import percent

    print(
        f"Model {model.id} is saved in {config.models}. Digits that it never saw were read right:",
        f"  {percent(training.shuffled.accuracy):>7}  load_digits, shuffled split (which flatters)",
        f"  {percent(training.unshuffled.accuracy):>7}  load_digits, unshuffled split",
        f"  {percent(training.drawn.accuracy):>7}  drawings by rule",
        f"The report: {report}",
        sep="\n",
    )
