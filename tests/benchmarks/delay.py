"""From saving to the row in the CSV: python -m tests.benchmarks.delay [MODELS].

A watcher runs in a process of its own; 300 drawings are saved one by one, each when the row of
the one before is there. Beside the delays stands what the reading of the same drawings takes by
itself, with nothing written: the floor. MODELS has a trained model; without it one is trained.
"""

import io
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from digitwatch.config import parse
from digitwatch.learning import model_store
from digitwatch.learning.synthesis import draw_picture
from digitwatch.learning.training import train
from digitwatch.running.activity import WATCHING
from digitwatch.running.instance import last_status
from digitwatch.running.reader import reader_for
from tests.program import configure, digitwatch, running
from tests.waiting import SLOW_START, wait_until

DRAWINGS = 300
LOOK_SECONDS = 0.001


def main() -> None:
    """Measure, and print the delays beside the floor."""
    with tempfile.TemporaryDirectory(prefix="digitwatch-delay-") as folder:
        home = Path(folder)
        models = Path(sys.argv[1]).absolute() if len(sys.argv) > 1 else _trained(home)
        configure(home, models)
        drawings = [_drawing(number) for number in range(DRAWINGS)]
        reader = reader_for(parse("", home), model_store.load(models))
        floor = [_seconds(lambda data=data: reader.read(data, "a.png")) for data in drawings]
        with running(home, "watch"):
            wait_until(lambda: last_status(home / "outbox").get("state") == WATCHING, SLOW_START)
            delays = [_delay(home, count, data) for count, data in enumerate(drawings)]
            digitwatch(home, "stop")
    print(f"{DRAWINGS} drawings saved one by one, in ms   median    99 %   longest")
    _show("the reading alone", floor)
    _show("from saving to the row in the CSV", delays)


def _trained(home: Path) -> Path:
    folder = home / "models"
    folder.mkdir()
    model_store.save(train(), folder)
    return folder


def _drawing(number: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(draw_picture(number % 10, np.random.default_rng([5, number]))).save(
        buffer, "PNG"
    )
    return buffer.getvalue()


def _seconds(action: object) -> float:
    start = time.perf_counter()
    action()  # type: ignore[operator]
    return time.perf_counter() - start


def _delay(home: Path, count: int, data: bytes) -> float:
    table = home / "outbox" / "predictions.csv"
    before = table.stat().st_size if table.exists() else 0
    start = time.perf_counter()
    (home / "inbox" / f"{count:03}.png").write_bytes(data)
    while not table.exists() or not _is_longer(table, before):
        time.sleep(LOOK_SECONDS)
        assert time.perf_counter() - start < 60, "the row does not come"
    return time.perf_counter() - start


def _is_longer(table: Path, size: int) -> bool:
    content = table.read_bytes()
    return len(content) > size and content.endswith(b"\n")


def _show(name: str, seconds: list[float]) -> None:
    median, most, longest = np.percentile(np.array(seconds) * 1000, (50, 99, 100))
    print(f"  {name:<40}{median:>8.0f}{most:>8.0f}{longest:>10.0f}")


if __name__ == "__main__":
    main()
