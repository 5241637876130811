"""The commands: parse, wire together, print. Heavy libraries are imported by the commands."""

import argparse
import logging
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from digitwatch import __version__
from digitwatch.config import Config, load, make_folders, parse
from digitwatch.errors import DigitwatchError

if TYPE_CHECKING:
    # For the types alone: importing these takes seconds.
    from digitwatch.learning.model_store import StoredModel
    from digitwatch.learning.training import Training
    from digitwatch.recording.record import Record
    from digitwatch.running.batch import Summary
    from digitwatch.running.demo import Sample
    from digitwatch.running.drawings import Drawing
    from digitwatch.running.reader import Reader

DEFAULT_CONFIG = Path("config.yaml")
MOST_LINES = 25
"""A batch of more files than this shows a line only for those that failed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: the one place where errors become a line."""
    _let_every_name_be_printed()
    options = _parser().parse_args(arguments)
    try:
        exit_code: int = options.command(_configuration(options.config), options)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except (DigitwatchError, OSError) as error:
        if options.verbose:
            traceback.print_exc()
        print(f"digitwatch: {error}", file=sys.stderr)
        return error.exit_code if isinstance(error, DigitwatchError) else 1
    return exit_code


def _let_every_name_be_printed() -> None:
    """A console that lacks a letter of a file name shows `?` for it instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _parser() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--config", type=Path, metavar="FILE", help="the settings (default: ./config.yaml)"
    )
    common.add_argument("--verbose", action="store_true", help="show where an error came from")
    parser = argparse.ArgumentParser(
        prog="digitwatch",
        description="Reads handwritten digits from the drawings and scans in a folder.",
        epilog="Exit codes: 0 done, 1 some files failed, 2 usage or configuration, "
        "3 no usable model, 4 already running.",
    )
    parser.add_argument("--version", action="version", version=f"digitwatch {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: Callable[..., int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text, parents=[common])
        sub.set_defaults(command=command)
        return sub

    add("demo", demo, "draw ten digits, read them with the real watcher, show what came out")
    training = add("train", train, "train the model and write its report")
    training.add_argument("--seed", type=_seed, default=0, help="another seed, another model")
    add("watch", watch, "read what is saved into the inbox, until Ctrl-C")
    batch = add("classify", classify, "read files and folders")
    batch.add_argument("paths", type=Path, nargs="+", metavar="PATH")
    batch.add_argument(
        "--output", type=Path, metavar="DIR", help="the folder that stands in for the outbox"
    )
    return parser


def _seed(text: str) -> int:
    seed = int(text)
    if not 0 <= seed < 2**32:
        raise ValueError(text)
    return seed


def _configuration(path: Path | None) -> Config:
    if path is None and not DEFAULT_CONFIG.exists():
        return parse("", Path.cwd())
    return load(path or DEFAULT_CONFIG)


def train(config: Config, options: argparse.Namespace) -> int:
    """Train the model, evaluate it, save it, and write its report."""
    make_folders(config, "models")
    _train(config, options.seed)
    return 0


def watch(config: Config, options: argparse.Namespace) -> int:
    """Watch the inbox until Ctrl-C."""
    from digitwatch.recording.log_file import open_log
    from digitwatch.recording.outbox import Outbox
    from digitwatch.running.watch import Watcher, only_watcher, stop_on_signals

    make_folders(config, "inbox", "outbox", "models")
    with only_watcher(config.outbox):
        _log_to(_console(), open_log(config.outbox, config.log_level))
        reader = _reader(config, _load_or_train(config))
        with Outbox(config.outbox, config.delimiter) as outbox:
            print(f"Save drawings into {config.inbox}", "Ctrl-C ends it.", sep="\n", flush=True)
            Watcher(config, reader, outbox).run(stop_on_signals())
    print("stopped; everything that was read is kept")
    return 0


def classify(config: Config, options: argparse.Namespace) -> int:
    """Read files and folders; 1 when some could not be read."""
    from tqdm import tqdm

    from digitwatch.learning.model_store import load as load_model
    from digitwatch.recording.outbox import Outbox
    from digitwatch.running.batch import classify as read_all
    from digitwatch.running.batch import gather

    if options.output:
        config = replace(config, outbox=options.output.absolute())
    make_folders(config, "outbox")
    drawings = gather(options.paths, config.outbox.resolve(), recursive=config.recursive)
    reader = _reader(config, load_model(config.models))
    with (
        Outbox(config.outbox, config.delimiter) as outbox,
        tqdm(total=len(drawings), unit="file", disable=sys.stderr is None) as bar,
    ):
        shows_all = len(drawings) <= MOST_LINES

        def on_read(drawing: "Drawing", records: "Sequence[Record]") -> None:
            bar.update()
            _show(records, drawing, shows_all=shows_all)

        summary = read_all(drawings, reader, outbox, on_read)
    _print_summary(summary, config)
    return 1 if summary.has_failures else 0


def demo(config: Config, options: argparse.Namespace) -> int:
    """Draw ten digits, let the watcher read them, and show what came out."""
    from digitwatch.learning.model_store import is_stored
    from digitwatch.running.demo import run_demo

    home = Path(tempfile.mkdtemp(prefix="digitwatch-demo-"))
    models = config.models if is_stored(config.models) or config.models.is_dir() else home
    config = replace(config, inbox=home / "inbox", outbox=home / "outbox", models=models)
    make_folders(config, "inbox", "outbox")
    reader = _reader(config, _load_or_train(config))
    print("Ten digits are drawn, saved as people save them, and read by the watcher:\n")
    samples = run_demo(reader, config, seed=7)
    _print_samples(samples, config)
    return 0 if all(sample.record for sample in samples) else 1


def _reader(config: Config, model: "StoredModel") -> "Reader":
    from digitwatch.running.reader import Reader

    return Reader(model.classifier, model.id, config.layout, config.review_below)


def _load_or_train(config: Config) -> "StoredModel":
    from digitwatch.learning.model_store import is_stored
    from digitwatch.learning.model_store import load as load_model

    if is_stored(config.models):
        return load_model(config.models)
    print("There is no model yet, so one is trained first; this takes a minute.", flush=True)
    return _train(config, seed=0)


def _train(config: Config, seed: int) -> "StoredModel":
    from tqdm import tqdm

    from digitwatch.learning.model_store import save
    from digitwatch.learning.report import write_report
    from digitwatch.learning.training import train as fit

    with tqdm(
        total=100, bar_format="{desc:<40} {percentage:3.0f} % |{bar}| {elapsed}",
        disable=sys.stderr is None,
    ) as bar:  # fmt: skip

        def on_progress(step: str, done: float) -> None:
            bar.set_description(step, refresh=False)
            bar.update(100 * done - bar.n)

        training = fit(seed, progress=on_progress)
    model = save(training, config.models)
    report = write_report(training, config.models)
    _print_scores(training, model, report, config)
    return model


def _console() -> logging.Handler:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s  %(message)s", "%H:%M:%S"))
    return handler


def _log_to(*handlers: logging.Handler) -> None:
    log = logging.getLogger("digitwatch")
    log.setLevel(logging.DEBUG)
    for handler in handlers:
        handler.setLevel(handler.level or logging.INFO)
        log.addHandler(handler)


def _show(records: "Sequence[Record]", drawing: "Drawing", *, shows_all: bool) -> None:
    from tqdm import tqdm

    from digitwatch.recording.record import ERROR, describe

    if shows_all and not records:
        tqdm.write(f"{drawing.file}:  was read before, and is unchanged")
    for record in records:
        if shows_all or record.status == ERROR:
            tqdm.write(describe(record))


def _print_summary(summary: "Summary", config: Config) -> None:
    if not summary.files:
        print("There is no picture in what was given.")
    counts = ", ".join(f"{count} {status}" for status, count in sorted(summary.pages.items()))
    known = f", {summary.known} read before" if summary.known else ""
    print(f"{summary.files} files: {counts or 'nothing new'}{known}")
    if summary.waiting:
        print(f"{summary.waiting.rows} rows are waiting: {summary.waiting.reason}")
    print(f"The results are in {config.outbox / 'predictions.csv'}")


def _print_samples(samples: "Sequence[Sample]", config: Config) -> None:
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
        sep="\n",
    )


def _print_scores(training: "Training", model: "StoredModel", report: Path, config: Config) -> None:
    print(
        f"Model {model.id} is saved in {config.models}. Digits that it never saw were read right:",
        f"  {training.shuffled.accuracy:6.1%}  load_digits, shuffled split (which flatters)",
        f"  {training.unshuffled.accuracy:6.1%}  load_digits, unshuffled split",
        f"  {training.drawn.accuracy:6.1%}  drawings by rule",
        f"The report: {report}",
        sep="\n",
    )
