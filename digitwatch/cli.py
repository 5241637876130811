"""The commands: parse, wire together, print. Heavy libraries are imported by the commands."""

import argparse
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from digitwatch import __version__, console
from digitwatch.config import Config, load, make_folders, parse, refuse_overlap
from digitwatch.errors import DigitwatchError
from digitwatch.running.signals import interrupt_when_terminated, stop_on_signals

if TYPE_CHECKING:
    # For the types alone: importing these takes seconds.
    from digitwatch.learning.model_store import StoredModel
    from digitwatch.recording.record import Record
    from digitwatch.running.drawings import Drawing
    from digitwatch.running.reader import Reader

DEFAULT_CONFIG = Path("config.yaml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: the one place where errors become a line."""
    console.let_every_name_be_printed()
    options = _parser().parse_args(arguments)
    interrupt_when_terminated()
    try:
        exit_code: int = options.command(_configuration(options.config), options)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="digitwatch",
        description="Reads handwritten digits from the drawings and scans in a folder.",
        epilog="Exit codes: 0 done, 1 some files failed, 2 usage or configuration, "
        "3 no usable model, 4 already running.",
    )
    parser.add_argument("--version", action="version", version=f"digitwatch {__version__}")
    parser.set_defaults(config=None, verbose=False)
    # Before the command or behind it; what is left out there must not undo what is given here.
    common = argparse.ArgumentParser(add_help=False, argument_default=argparse.SUPPRESS)
    for options in (parser, common):
        options.add_argument(
            "--config", type=Path, metavar="FILE", help="the settings (default: ./config.yaml)"
        )
        options.add_argument("--verbose", action="store_true", help="show where an error came from")
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
    batch.add_argument(
        "paths", type=Path, nargs="+", metavar="PATH", help="a picture, or a folder of pictures"
    )
    batch.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where the results go (default: the outbox of the configuration)",
    )
    measuring = add("evaluate", evaluate, "measure the accuracy on labelled pictures")
    measuring.add_argument(
        "folder", type=Path, metavar="FOLDER", help="with 7_anything.png, 7/anything.png, nondigit/"
    )
    measuring.add_argument("--json", action="store_true", help="print every figure as JSON")
    showing = add("explain", explain, "show step by step how a file is read, or why it is not")
    showing.add_argument("file", type=Path, metavar="FILE")
    return parser


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 0 to 4294967295")
    return int(text)


def _configuration(path: Path | None) -> Config:
    if path is None and not DEFAULT_CONFIG.exists():
        console.say(f"There is no {DEFAULT_CONFIG} in {Path.cwd()}: the defaults are used.")
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
    from digitwatch.running.watch import Watcher, only_watcher

    make_folders(config, "inbox", "outbox", "models")
    print(f"Save drawings into {config.inbox}", f"Find the results in {config.outbox}", sep="\n")
    with only_watcher(config.outbox):
        console.log_to(console.handler(), open_log(config.outbox, config.log_level))
        reader = _reader(config, _load_or_train(config))
        with Outbox(config.outbox, config.delimiter) as outbox:
            print("Ctrl-C ends it.", flush=True)
            Watcher(config, reader, outbox).run(stop_on_signals())
    print("stopped; everything that was read is kept")
    return 0


def classify(config: Config, options: argparse.Namespace) -> int:
    """Read files and folders; 1 when some could not be read."""
    from digitwatch.learning.model_store import load as load_model
    from digitwatch.recording.outbox import Outbox
    from digitwatch.running.batch import classify as read_all
    from digitwatch.running.batch import gather

    if options.output:
        config = replace(config, outbox=options.output.absolute())
        refuse_overlap(config, "--output")
    make_folders(config, "outbox")
    drawings = gather(options.paths, config.outbox.resolve(), recursive=config.recursive)
    reader = _reader(config, load_model(config.models))
    with (
        Outbox(config.outbox, config.delimiter) as outbox,
        console.progress_bar(total=len(drawings), unit="file") as bar,
    ):
        shows_all = len(drawings) <= console.MOST_LINES

        def on_read(drawing: "Drawing", records: "Sequence[Record]") -> None:
            bar.update()
            console.show_records(records, drawing, shows_all=shows_all)

        summary = read_all(drawings, reader, outbox, on_read)
    console.print_summary(summary, config)
    return 1 if summary.has_failures else 0


def evaluate(config: Config, options: argparse.Namespace) -> int:
    """Read labelled pictures and show how many are right, and how far the confidence holds."""
    from digitwatch.learning.file_report import as_text
    from digitwatch.learning.model_store import load as load_model
    from digitwatch.running.evaluate import evaluate as measure

    make_folders(config, "outbox")
    reader = _reader(config, load_model(config.models))
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

    make_folders(config, "outbox")
    reader = _reader(config, load_model(config.models))
    explanation = show(options.file, config.outbox / "explained", reader)
    print(explanation.sentence)
    if explanation.picture:
        print(f"The picture of it: {explanation.picture}")
    return 0 if explanation.picture else 1


def demo(config: Config, options: argparse.Namespace) -> int:
    """Draw ten digits, let the watcher read them, and show what came out."""
    from digitwatch.running.demo import run_demo

    home = Path(tempfile.mkdtemp(prefix="digitwatch-demo-"))
    models = config.models if config.models.is_dir() else home
    config = replace(config, inbox=home / "inbox", outbox=home / "outbox", models=models)
    make_folders(config, "inbox", "outbox")
    reader = _reader(config, _load_or_train(config))
    print("Ten digits are drawn, saved as people save them, and read by the watcher:\n")
    samples = run_demo(reader, config, seed=7)
    console.print_samples(samples, config)
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
    from digitwatch.learning.model_store import save
    from digitwatch.learning.report import write_report
    from digitwatch.learning.training import train as fit

    layout = "{desc:<40} {percentage:3.0f} % |{bar}| {elapsed}"
    with console.progress_bar(total=100, bar_format=layout) as bar:

        def on_progress(step: str, done: float) -> None:
            bar.set_description(step, refresh=False)
            bar.update(100 * done - bar.n)

        training = fit(seed, progress=on_progress, jobs=config.jobs or -1)
    model = save(training, config.models)
    report = write_report(training, config.models)
    console.print_scores(training, model, report, config)
    return model
