"""How well digitwatch reads, beside the tutorial's way: python -m tests.benchmarks.accuracy.

Trains the default model and measures it on what it never saw: load_digits in both splits, and
pictures of digits that are drawn by rule, as Paint would save them, read through the whole line.
The tutorial's way is an SVC on load_digits that gets the whole picture resized to 8x8.
"""

import io
import time
from collections.abc import Callable

import joblib
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.svm import SVC

from digitwatch.learning.markup import percent
from digitwatch.learning.synthesis import USUAL_BEND, draw_picture
from digitwatch.learning.training import train
from digitwatch.reading.grid import features
from digitwatch.reading.ink import find_ink
from digitwatch.reading.segment import FIRST_LOOK, find_glyphs
from digitwatch.running.reader import Reader

PICTURES = 500
SEED = 2026
"""Of pictures that no training draws: its own begin with the seed of the training."""


def main() -> None:
    """Train, measure, print."""
    start = time.perf_counter()
    training = train(seed=0)
    seconds = time.perf_counter() - start
    pictures = [
        draw_picture(n % 10, np.random.default_rng([SEED, n]), bend=USUAL_BEND)
        for n in range(PICTURES)
    ]
    truth = np.arange(PICTURES) % 10
    reader = Reader(training.classifier, "benchmark", "auto", 0)
    digits = load_digits()
    half = len(digits.target) // 2
    tutorial = SVC(gamma=0.001).fit(digits.data[:half], digits.target[:half])
    print("| read right | the tutorial's way | digitwatch |\n| --- | --- | --- |")
    plain = tutorial.score(digits.data[half:], digits.target[half:])
    ordered, shuffled = training.unshuffled.accuracy, training.shuffled.accuracy
    print(f"| load_digits, unshuffled | {percent(plain)} | {percent(ordered)} |")
    print(f"| load_digits, shuffled | | {percent(shuffled)} |")
    naive = (tutorial.predict([resized(picture) for picture in pictures]) == truth).mean()
    read = np.mean(
        [text(reader, p) == str(digit) for p, digit in zip(pictures, truth, strict=True)]
    )
    shares = f"{percent(float(naive))} | {percent(float(read))}"
    print(f"| {PICTURES} pictures drawn by rule | {shares} |\n")
    model = io.BytesIO()
    joblib.dump(training.classifier.estimator, model, compress=3)
    print(f"training {seconds:.0f} s, model {len(model.getvalue()) / 1e6:.1f} MB")
    print_times(reader, pictures)


def resized(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """The whole picture as 64 cells, 0..16, dark on light made light on dark."""
    small = Image.fromarray(picture).convert("L").resize((8, 8), Image.Resampling.BOX)
    return (255 - np.asarray(small, dtype=np.float64)).ravel() / 255 * 16


def text(reader: Reader, picture: NDArray[np.uint8]) -> str:
    """What is read in a picture that was saved as a PNG."""
    png = io.BytesIO()
    Image.fromarray(picture).save(png, "PNG")
    (page,) = reader.read(png.getvalue(), "picture.png")
    return " ".join(mark.text for mark in page.marks)


def print_times(reader: Reader, pictures: list[NDArray[np.uint8]]) -> None:
    """Print the CPU time of finding the ink of a 400x400 picture, and from glyph to prediction."""
    glyphs = [glyph for picture in pictures for glyph in find_glyphs(picture, "auto")]
    ink = milliseconds(lambda: [find_ink(picture, FIRST_LOOK) for picture in pictures])
    read = milliseconds(
        lambda: [reader.classifier.predict(features(g.mask)[np.newaxis]) for g in glyphs]
    )
    print(f"CPU time: ink of a 400x400 picture {ink / len(pictures):.2f} ms,")
    print(f"one glyph from its ink to the prediction {read / len(glyphs):.2f} ms")


def milliseconds(work: Callable[[], object]) -> float:
    """The least CPU time of three rounds: what else the machine does only ever adds to it."""
    rounds = []
    for _ in range(3):
        start = time.process_time()
        work()
        rounds.append(1000 * (time.process_time() - start))
    return min(rounds)


if __name__ == "__main__":
    main()
