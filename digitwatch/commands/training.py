"""Train the model."""

import argparse
from typing import TYPE_CHECKING

from digitwatch import console
from digitwatch.config import Config, make_folders

if TYPE_CHECKING:
    # For the types alone: importing these takes seconds.
    from digitwatch.learning.model_store import StoredModel
    from digitwatch.learning.training import Progress


def train(config: Config, options: argparse.Namespace) -> int:
    """Train the model, evaluate it, save it, and write its report."""
    make_folders(config, "models")
    _train(config, options.seed)
    return 0


def load_or_train(config: Config, on_progress: "Progress | None" = None) -> "StoredModel":
    """The model of the configuration; where there is none, one is trained."""
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
