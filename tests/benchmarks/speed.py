"""What a folder takes, beside Pillow alone: python -m tests.benchmarks.speed [--drawings FOLDER].

The floor is what Pillow takes to decode the same files to grey. Each figure stands beside its
floor, both measured in one run, since machines differ and are never idle. All is measured as
`classify` does it: thumbnails, ledger and CSV are written. --models MODELS has a trained model;
without it one is trained. --many N reads so many files and shows what each tenth of them takes.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from digitwatch.config import parse
from digitwatch.learning import model_store
from digitwatch.learning.synthesis import draw_picture
from digitwatch.learning.training import train
from digitwatch.recording.outbox import Outbox
from digitwatch.running.activity import WATCHING
from digitwatch.running.batch import classify, gather
from digitwatch.running.instance import last_status
from digitwatch.running.reader import Reader, reader_for
from digitwatch.running.workers import on_cores
from tests.program import ENVIRONMENT, command, configure, digitwatch
from tests.waiting import wait_until

DRAWINGS = 1_000
PAINT, SMALL, PHOTO = (800, 600), (250, 250), (4_000, 3_000)
Clock = Callable[[], float]


def main() -> None:
    """Measure one thing after the other, and print each when it is known."""
    options = _options()
    with tempfile.TemporaryDirectory(prefix="digitwatch-speed-") as folder:
        home = Path(folder)
        models = options.models.absolute() if options.models else _trained(home)
        reader = reader_for(parse("", home), model_store.load(models))
        print("| measured | takes | beside |\n| --- | --- | --- |")
        if options.many:
            _show_many(home, reader, options.many)
            return
        small = options.drawings or _made(home / "small", SMALL)
        coloured = _made(home / "coloured", PAINT)
        paint = _made(home / "paint", PAINT, black=True)
        _show_ratio(f"CPU a drawing, {small.name}/", small, reader)
        _show_ratio("CPU a drawing, 800x600, black on white", paint, reader)
        _show_ratio("CPU a drawing, 800x600, coloured", coloured, reader)
        _show_workers(paint, reader)
        _show_photo(home, models)
        _show_start(home, models)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--drawings", type=Path, help="a folder of drawings of your own")
    parser.add_argument("--models", type=Path, help="a folder with a trained model")
    parser.add_argument("--many", type=int, default=0, help="read so many files instead")
    return parser.parse_args()


def _trained(home: Path) -> Path:
    folder = home / "models"
    folder.mkdir()
    model_store.save(train(), folder)
    return folder


def _made(folder: Path, size: tuple[int, int], *, black: bool = False) -> Path:
    """Make a folder of drawings, RGB as Paint saves them, whether black or coloured."""
    folder.mkdir()
    for number in range(DRAWINGS):
        drawn = draw_picture(number % 10, np.random.default_rng([7, number]), size)
        picture = Image.fromarray(drawn)
        if black:
            picture = picture.convert("L").point(lambda grey: max(0, 2 * grey - 255)).convert("RGB")
        picture.save(folder / f"{number:04}.png")
    return folder


def _show(what: str, takes: str, beside: str) -> None:
    print(f"| {what} | {takes} | {beside} |", flush=True)


def _show_ratio(what: str, folder: Path, reader: Reader) -> None:
    """Measure floor, line and floor, so that a machine that gets busier wrongs neither."""
    files = [drawing.path for drawing in gather([folder], folder / "none", recursive=True)]
    _decode(files)
    before = _took(lambda: _decode(files), time.process_time)
    line = _took(lambda: _classify(folder, reader, 1), time.process_time)
    floor = (before + _took(lambda: _decode(files), time.process_time)) / 2
    takes, beside = (f"{1000 * seconds / len(files):.2f} ms" for seconds in (line, floor))
    _show(what, takes, f"Pillow alone {beside}: {line / floor:.1f} times")


def _took(work: Callable[[], object], clock: Clock) -> float:
    start = clock()
    work()
    return clock() - start


def _decode(files: Iterable[Path]) -> None:
    for file in files:
        with Image.open(file) as picture:
            picture.convert("L").load()


def _classify(folder: Path, reader: Reader, jobs: int) -> None:
    with tempfile.TemporaryDirectory() as outbox, Outbox(Path(outbox)) as opened:
        drawings = gather([folder], Path(outbox), recursive=True)
        classify(drawings, len(drawings), on_cores(reader, jobs), opened, lambda *_: None)


def _show_workers(folder: Path, reader: Reader) -> None:
    """Compare the times in which one process and two read, once the other process is there."""
    cores = os.cpu_count() or 1
    _classify(folder, reader, 2)
    one, two = (_took(lambda n=n: _classify(folder, reader, n), time.perf_counter) for n in (1, 2))  # type: ignore[misc]  # bound now
    rates = [f"{DRAWINGS / seconds:.0f}" for seconds in (one, two)]
    _show(
        f"drawings of 800x600 a second, two processes on {cores} cores",
        rates[1],
        f"one process {rates[0]}: {one / two:.2f} times",
    )


ONE_PHOTO = """
import sys, time
from pathlib import Path
from digitwatch.config import parse
from digitwatch.learning import model_store
from digitwatch.running.reader import reader_for
photo, models = map(Path, sys.argv[1:])
reader = reader_for(parse("", photo.parent), model_store.load(models))
data = photo.read_bytes()
start = time.process_time()
(page,) = reader.read(data, photo.name)
seconds = time.process_time() - start
status = Path("/proc/self/status")
lines = status.read_text().splitlines() if status.exists() else []
peak = [int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM")]
print(f"{seconds:.2f} s CPU", *(f"{megabytes} MB at the peak" for megabytes in peak), sep=", ")
"""


def _show_photo(home: Path, models: Path) -> None:
    """Read one photo in a process of its own, whose memory holds nothing else."""
    photo = home / "photo.jpg"
    picture, shade = np.full((*PHOTO[::-1], 3), 235.0), np.linspace(0.5, 1, PHOTO[0])
    for number in range(20):
        digit = draw_picture(number % 10, np.random.default_rng([9, number]), (500, 500))
        left, top = 300 + 700 * (number % 5), 250 + 650 * (number // 5)
        picture[top : top + 500, left : left + 500] = digit
    picture *= shade[np.newaxis, :, np.newaxis]
    Image.fromarray(picture.astype(np.uint8)).save(photo, quality=90)
    floor = _took(lambda: _decode([photo]), time.process_time)
    arguments = [sys.executable, "-c", ONE_PHOTO, str(photo), str(models)]
    shown = subprocess.run(
        arguments, env=ENVIRONMENT, check=True, capture_output=True, encoding="utf-8"
    )
    _show("photo of 12 megapixels, 20 digits", shown.stdout.strip(), f"Pillow {floor:.2f} s")


def _show_start(home: Path, models: Path) -> None:
    configure(home, models)
    start = time.perf_counter()
    with subprocess.Popen(
        command("watch"), cwd=home, env=ENVIRONMENT, stdout=subprocess.DEVNULL
    ) as watcher:
        try:
            wait_until(lambda: last_status(home / "outbox").get("state") == WATCHING)
            ready = time.perf_counter() - start
        finally:
            digitwatch(home, "stop")
            watcher.kill()
    python = _took(
        lambda: subprocess.run([sys.executable, "-c", "import sklearn.svm, PIL.Image"], check=True),
        time.perf_counter,
    )
    _show(
        "from `digitwatch watch` to ready",
        f"{ready:.1f} s",
        f"import of its libraries {python:.1f} s",
    )


def _show_many(home: Path, reader: Reader, many: int) -> None:
    """Read files in one folder, and show each tenth of them and the memory after it."""
    folder = home / "many"
    folder.mkdir()
    seeds = [np.random.default_rng([5, number]) for number in range(200)]
    pictures = [_png(draw_picture(n % 10, seed, SMALL)) for n, seed in enumerate(seeds)]
    for number in range(many):
        # Bytes behind the end of a PNG are nobody's: each file is another.
        (folder / f"{number:06}.png").write_bytes(pictures[number % 200] + str(number).encode())
    start, told = time.perf_counter(), [0.0]

    def on_read(*_: object) -> None:
        told.append(time.perf_counter() - start)
        if len(told) == 2:
            _show("first file", f"{told[1]:.2f} s", "counting all files is in it")
        if (len(told) - 1) % max(1, many // 10) == 0:
            tenth = told[-1] - told[-1 - many // 10]
            _show(f"{len(told) - 1} files", f"{tenth:.1f} s for this tenth", _memory())

    with Outbox(_folder(home / "outbox")) as opened:
        drawings = gather([folder], opened.folder, recursive=True)
        classify(drawings, len(drawings), on_cores(reader, os.cpu_count() or 1), opened, on_read)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _png(pixels: "np.ndarray[tuple[int, ...], np.dtype[np.uint8]]") -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def _memory() -> str:
    status = Path("/proc/self/statm")
    if not status.exists():
        return ""
    pages = int(status.read_text(encoding="ascii").split()[1])
    return f"{pages * os.sysconf('SC_PAGE_SIZE') // 2**20} MB held by this process"


if __name__ == "__main__":
    main()
