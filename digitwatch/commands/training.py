"""Train the model."""

import argparse
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from digitwatch import console
from digitwatch.config import Config, make_folders
from digitwatch.errors import ConfigError, ModelError

if TYPE_CHECKING:
    # For the types alone: importing these takes seconds.
    from collections.abc import Iterator

    from digitwatch.learning.base import Progress
    from digitwatch.learning.lessons import Lesson
    from digitwatch.learning.model_store import StoredModel
    from digitwatch.learning.training import Extra, Training


def train(config: Config, options: argparse.Namespace) -> int:
    """Train the model, and keep it unless it is worse than the one in place: 1 where it is."""
    from digitwatch.learning.gate import judge
    from digitwatch.learning.model_store import save
    from digitwatch.learning.report import write_report

    make_folders(config, "models")
    if options.rollback:
        return _roll_back(config, options)
    extra = _extra(config, options)
    old = _model_in_place(config)
    training = _fit(config, options.seed or 0, extra)
    verdict = judge(training, old, is_forced=options.force)
    model = save(training, config.models).id if verdict.is_accepted else ""
    if model:
        print(f"Model {model} is saved in {config.models}.", end=" ")
    console.print_scores(training, verdict)
    print(f"The report: {write_report(training, config.models, verdict, model)}")
    if not verdict.is_accepted:
        console.say_refusal(verdict, with_corrections=options.corrections)
    return 0 if verdict.is_accepted else 1


def load_or_train(config: Config, on_progress: "Progress | None" = None) -> "StoredModel":
    """The model of the configuration; where there is none, one is trained."""
    from digitwatch.learning.gate import Verdict
    from digitwatch.learning.model_store import is_stored, save
    from digitwatch.learning.model_store import load as load_model
    from digitwatch.learning.report import write_report

    if is_stored(config.models):
        return load_model(config.models)
    print("There is no model yet, so one is trained first; this takes a minute.", flush=True)
    training = _fit(config, 0, None, on_progress)
    model = save(training, config.models)
    print(f"Model {model.id} is saved in {config.models}.", end=" ")
    console.print_scores(training, Verdict())
    print(f"The report: {write_report(training, config.models, Verdict(), model.id)}")
    return model


def _fit(
    config: Config, seed: int, extra: "Extra | None", on_progress: "Progress | None" = None
) -> "Training":
    from digitwatch.learning.training import Extra
    from digitwatch.learning.training import train as fit

    with _bar() as show:

        def tell(step: str, done: float) -> None:
            show(step, done)
            if on_progress:
                on_progress(step, done)

        return fit(seed, progress=tell, jobs=config.jobs or -1, extra=extra or Extra())


@contextmanager
def _bar() -> "Iterator[Progress]":
    """A progress bar, as what moves it."""
    layout = "{desc:<40} {percentage:3.0f} % |{bar}| {elapsed}"
    with console.progress_bar(total=100, bar_format=layout) as bar:

        def show(step: str, done: float) -> None:
            bar.set_description(step, refresh=False)
            bar.update(100 * done - bar.n)

        yield show


def _model_in_place(config: Config) -> "StoredModel | None":
    """The model that a new one has to stand beside; None where there is none that can be used."""
    from digitwatch.learning.model_store import is_stored
    from digitwatch.learning.model_store import load as load_model

    if not is_stored(config.models):
        return None
    try:
        return load_model(config.models)
    except ModelError as error:
        console.say(f"There is no old model to compare with: {error.args[0]}")
        return None


def _extra(config: Config, options: argparse.Namespace) -> "Extra":
    """What is learned beside; corrections also where they are only measured on."""
    from digitwatch.learning.openml import fetch
    from digitwatch.learning.training import Extra
    from digitwatch.running.lessons import from_folder

    data_sets = {}
    lessons = _corrections(config, are_learned=options.corrections)
    if options.data:
        with _bar() as show:
            gathered = from_folder(
                options.data, config.layout, lambda n, of: show("Reading pictures", n / of)
            )
        console.print_gathered(gathered, str(options.data))
        lessons += gathered.lessons
    if options.openml is not None:
        with _bar() as show:
            data_sets[options.openml] = fetch(
                options.openml, options.seed or 0, show, jobs=config.jobs or -1
            )
    return Extra(lessons, data_sets)


def _corrections(config: Config, *, are_learned: bool) -> "list[Lesson]":
    """What people said is right. Where it is not learned, the gate still asks for it."""
    from digitwatch.errors import OutboxError
    from digitwatch.recording.corrections import take
    from digitwatch.recording.ledger import Ledger
    from digitwatch.recording.outbox import Outbox
    from digitwatch.running.clock import local_time
    from digitwatch.running.lessons import from_ledger
    from digitwatch.running.status import LEDGER

    if are_learned:
        make_folders(config, "outbox")
        with Outbox(config.outbox, config.delimiter) as outbox:
            console.print_taken(take(outbox, local_time()))
            gathered = from_ledger(outbox.ledger)
        console.print_gathered(gathered, "your corrections")
        return list(gathered.lessons)
    if not (config.outbox / LEDGER).exists():
        return []
    try:
        with Ledger(config.outbox / LEDGER) as ledger:
            return [replace(lesson, is_learned=False) for lesson in from_ledger(ledger).lessons]
    except OutboxError as error:
        console.say(f"Your corrections cannot be measured on: {error}")
        return []


def _roll_back(config: Config, options: argparse.Namespace) -> int:
    from digitwatch.learning.model_store import roll_back
    from digitwatch.learning.report import tell_report

    others = (options.seed, options.data, options.openml)
    if options.corrections or options.force or any(one is not None for one in others):
        raise ConfigError("--rollback trains nothing", "give it alone")
    model, before = roll_back(config.models)
    print(f"Model {model.id} is back" + (f"; {before} is kept." if before else "."))
    print("A watcher that runs takes it up within some seconds.")
    tell_report(config.models, model.id)
    return 0
