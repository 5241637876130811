"""What many tests need: a small model, drawings made by code, an inbox with a watcher over it."""

import csv
import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image

from digitwatch.config import Config, make_folders, parse
from digitwatch.learning.base import Base
from digitwatch.learning.base import draw as draw_by_rule
from digitwatch.learning.model_store import StoredModel, save
from digitwatch.learning.synthesis import draw_picture
from digitwatch.learning.training import Training, learn
from digitwatch.recording.outbox import Outbox
from digitwatch.running import watch
from digitwatch.running.activity import Activity
from digitwatch.running.reader import Reader
from digitwatch.running.watch import Watcher

Draw = Callable[..., bytes]


@pytest.fixture(scope="session")
def base() -> Base:
    """Few drawings by rule, and all of load_digits."""
    return draw_by_rule(seed=0, drawings_a_digit=60, marks=100)


@pytest.fixture(scope="session")
def training(base: Base) -> Training:
    """A model that learned from few drawings: quick to make, and good enough for clear digits."""
    return learn(base)


@pytest.fixture(scope="session")
def models(training: Training, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with that model in it."""
    folder = tmp_path_factory.mktemp("models")
    save(training, folder)
    return folder


@pytest.fixture(scope="session")
def model(training: Training) -> StoredModel:
    return StoredModel(training.classifier, "m12345678", {})


@pytest.fixture(scope="session")
def reader(model: StoredModel) -> Reader:
    return Reader(model.classifier, model.id, "auto", 50)


@pytest.fixture(scope="session")
def draw() -> Draw:
    """Makes the bytes of a picture of a digit: `draw(7)`, `draw(7, "BMP", mode="1", seed=3)`."""

    def make(digit: int, form: str = "PNG", mode: str = "RGB", seed: int = 0) -> bytes:
        picture = Image.fromarray(draw_picture(digit, np.random.default_rng([seed, digit])))
        buffer = io.BytesIO()
        picture.convert(mode).save(buffer, form)
        return buffer.getvalue()

    return make


@dataclass(frozen=True)
class Desk:
    """An inbox and an outbox of a test's own."""

    config: Config

    @property
    def inbox(self) -> Path:
        return self.config.inbox

    @property
    def outbox(self) -> Path:
        return self.config.outbox


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    config = parse("rescan_seconds: 0.5\nsettle_seconds: 0.3\n", tmp_path.resolve())
    make_folders(config, "inbox", "outbox", "models")
    return Desk(config)


@pytest.fixture
def rows(desk):
    """Read the rows that the CSV has now: `rows("file", "digits")`."""

    def read(*columns):
        path = desk.outbox / "predictions.csv"
        if not path.exists():
            return []
        text = path.read_bytes().decode("utf-8-sig")
        found = csv.DictReader(io.StringIO(text, newline=""))
        return [tuple(row[column] for column in columns) for row in found]

    return read


@pytest.fixture
def watching(desk, reader, monkeypatch):
    """Start the watcher in a thread, with these settings changed; it is stopped at the end.

    What it does can be seen in the Activity that starting it returns.
    """
    monkeypatch.setattr(watch, "IDLE_SECONDS", 0.05)  # each test waits so long for its end
    stop = Event()
    with ThreadPoolExecutor(1) as pool:
        started = []

        def start(**settings):
            config = replace(desk.config, **settings)
            activity = Activity()

            def run():
                with Outbox(config.outbox) as outbox:
                    Watcher(config, reader, outbox, activity).run(stop)

            started.append(pool.submit(run))
            return activity

        yield start
        stop.set()
        for future in started:
            future.result(timeout=30)
