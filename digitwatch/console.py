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
    from digitwatch.learning.gate import Verdict
    from digitwatch.learning.training import Training
    from digitwatch.recording.corrections import Taken
    from digitwatch.recording.rebuilding import Rebuilt
    from digitwatch.recording.record import Record
    from digitwatch.running.batch import Summary
    from digitwatch.running.demo import Sample
    from digitwatch.running.drawings import Drawing
    from digitwatch.running.lessons import Gathered

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
    """A bar on the error stream; one that never moved is taken away before an error is said."""
    from tqdm import tqdm

    class Bar(tqdm):  # type: ignore[misc]  # tqdm has no types
        def __exit__(self, kind: object, *rest: object) -> None:
            self.leave: bool = self.n > 0 or not kind
            super().__exit__(kind, *rest)

    return Bar(**settings)


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
    if not summary.pages:
        print("To read them once more, as with a new model, give a folder: --output DIR")
    if summary.waiting:
        print(f"The table does not have all of it yet: {summary.waiting}")
    print(f"The results are in {config.outbox / 'predictions.csv'}")


def print_taken(taken: "Taken") -> None:
    """Print what people typed into the table, and which cells they should look at again."""
    if taken.new:
        print(f"{_count(taken.new, 'correction')} in the table, new since the last time.")
    if taken.withdrawn:
        print(f"{_count(taken.withdrawn, 'correction')} taken back there.")
    if taken.strange:
        print(f"{_count(taken.strange, 'row')} there of which the ledger knows nothing.")
    for words in taken.warnings:
        say(f"digitwatch: {words}")


def print_rebuilt(rebuilt: "Rebuilt", csv: Path) -> None:
    """Print what became of a table that was made anew."""
    strange = f", {rebuilt.strange} of them not in the ledger" if rebuilt.strange else ""
    print(f"{csv} is made anew: {_count(rebuilt.rows, 'row')}{strange}.")
    if rebuilt.copy:
        print(f"What it was before is in {rebuilt.copy.name} beside it.")
    if rebuilt.mixed_up:
        rows = _count(rebuilt.mixed_up, "row")
        say(
            f"digitwatch: {rows} had the id of another drawing; what you typed into them is in "
            "that copy alone"
        )
    if rebuilt.trouble:
        say(f"digitwatch: nothing of that could be carried over: {rebuilt.trouble}")


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


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


def print_scores(training: "Training", verdict: "Verdict") -> None:
    """Print how well the new model reads, beside the old one where there is one."""
    from digitwatch.learning.gate import scores
    from digitwatch.learning.markup import percent

    print("What it never saw is read right:")
    if verdict.old:
        print(f"  {'old':>7}  {'new':>7}")
    for score in scores(training, verdict):
        old = "" if score.old is None else percent(score.old)
        before = f"  {old:>7}" if verdict.old else ""
        print(f"{before}  {percent(score.new):>7}  {score.name} ({score.count:,})")
    if len(doubtful := training.lessons.doubtful):
        print(f"Of your own drawings {len(doubtful):,} look mistaken; the report shows which.")
    if len(wrong := training.lessons.still_wrong):
        print(f"Of your own drawings {len(wrong):,} are still read wrong; the report shows which.")


def say_refusal(verdict: "Verdict", *, with_corrections: bool) -> None:
    """Say why a new model is not kept, and what to do where it has learned corrections or not."""
    for one in verdict.worse:
        say(
            f"digitwatch: of {len(one):,} {one.name} the new model reads {one.new.sum():,} right, "
            f"the old one, {verdict.old}, {one.old.sum():,}"
        )
    other = (
        "Look in the report whether corrections are mistaken"
        if with_corrections
        else "To learn what you have corrected, give --corrections as well"
    )
    say(f"The old model is kept. {other}; to have the new one as it is, --force")


def print_gathered(gathered: "Gathered", what: str) -> None:
    """Print how many lessons were found, and what was left out for which reason."""
    print(f"{_count(len(gathered.lessons), 'mark')} to learn from in {what}.")
    for reason, count in gathered.left_out.items():
        print(f"  {count:,} left out: {reason}")
    for file in gathered.unreadable:
        say(f"  cannot be read: {file}")
