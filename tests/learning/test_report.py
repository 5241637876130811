"""The report tells people and machines the same, in files that need nothing else."""

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from digitwatch.learning.evaluation import Evaluation
from digitwatch.learning.markup import percent
from digitwatch.learning.plots import grid_image
from digitwatch.learning.report import write_report
from digitwatch.learning.report_page import render_page
from digitwatch.learning.training import Training

NO_DIGIT = 10
VOID = {"meta", "img", "br"}


@dataclass(frozen=True)
class FakeTraining:
    shuffled: Evaluation
    unshuffled: Evaluation
    drawn: Evaluation
    seed: int = 3
    parameters: dict[str, float] = field(default_factory=lambda: {"C": 10.0, "gamma": 0.0002})


def evaluation(mistakes: int, n: int = 60, seed: int = 0) -> Evaluation:
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 10
    predicted = truth.copy()
    predicted[:mistakes] = (predicted[:mistakes] + 3) % 10
    return Evaluation(
        truth=truth,
        predicted=predicted,
        confidence=rng.uniform(0.3, 1.0, n),
        grids=rng.uniform(0, 16, (n, 8, 8)).astype(np.float32),
        is_digit=np.ones(n, dtype=np.bool_),
    )


def training(drawn: Evaluation | None = None) -> Training:
    fake = FakeTraining(evaluation(2), evaluation(5), drawn or evaluation(3))
    return cast("Training", fake)


class Reading(HTMLParser):
    """Follows which elements are open, and keeps what they say."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(page: str) -> Reading:
    reading = Reading()
    reading.feed(page)
    reading.close()
    return reading


@pytest.fixture(scope="module")
def page() -> Reading:
    return read(render_page(training(), {}))


def test_the_page_is_well_formed(page: Reading) -> None:
    assert page.open == []


def test_the_page_needs_no_network_and_no_other_file(page: Reading) -> None:
    for tag, attributes in page.attributes:
        assert tag not in {"script", "link", "iframe"}
        for name in ("src", "href", "xlink:href"):
            address = attributes.get(name) or ""
            assert not address or address.startswith(("data:", "#"))


def test_every_picture_says_in_words_what_it_shows(page: Reading) -> None:
    pictures = [
        attributes.get("alt") or attributes.get("aria-label")
        for tag, attributes in page.attributes
        if tag in {"img", "svg"}
    ]
    assert len(pictures) > 50
    assert all(pictures)


def test_page_and_json_give_the_same_figures(tmp_path: Path) -> None:
    page = write_report(training(), tmp_path)
    text = read(page.read_text(encoding="utf-8")).text
    figures = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    for name in ("drawn", "unshuffled", "shuffled"):
        assert percent(figures[name]["accuracy"]) in text
        assert percent(figures[name]["expected_calibration_error"]) in text
        assert percent(figures[name]["sure"]["accuracy"]) in text
    assert figures["drawn"]["accuracy"] == pytest.approx(57 / 60)
    assert len(figures["drawn"]["wrong"]) == 3
    assert np.array(figures["drawn"]["confusion"]).sum() == 60
    assert figures["seed"] == 3
    assert figures["parameters"]["gamma"] == 0.0002
    assert figures["versions"]["scikit-learn"]


def test_nothing_but_the_report_is_left_in_the_folder(tmp_path: Path) -> None:
    write_report(training(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"report.html", "report.json"}


def test_the_same_training_makes_the_same_page() -> None:
    assert render_page(training(), {}) == render_page(training(), {})


def test_it_says_why_the_shuffled_score_flatters(page: Reading) -> None:
    text = " ".join(page.text.split())
    assert "come in runs by the same writer" in text
    assert "flatters" in text


def test_the_surest_mistake_comes_first() -> None:
    of = evaluation(5)
    text = read(render_page(training(of), {})).text
    wrong = text[text.index("Read wrong") :]
    surest = of.confidence[~of.correct].max()
    assert wrong.split(" % sure", 1)[0].endswith(str(int(100 * surest)))


def test_a_perfect_score_has_no_mistakes_to_show() -> None:
    assert "None." in read(render_page(training(evaluation(0)), {})).text


def test_a_mark_that_is_no_digit_is_called_so() -> None:
    of = evaluation(1)
    of.truth[0] = NO_DIGIT
    assert "is no digit" in read(render_page(training(of), {})).text


def test_nothing_measured_still_makes_a_page() -> None:
    assert read(render_page(training(evaluation(0, n=0)), {})).open == []


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0, "0.0 %"), (0.57, "57.0 %"), (0.9999, "99.9 %"), (1.0, "100 %"), (2 / 3, "66.6 %")],
)
def test_percent_is_rounded_down(share: float, words: str) -> None:
    assert percent(share).replace("\u00a0", " ") == words


def test_a_grid_is_dark_where_there_is_ink() -> None:
    ink, paper = np.full((8, 8), 16, np.float32), np.zeros((8, 8), np.float32)
    assert grid_image(ink) != grid_image(paper)
    assert grid_image(paper).startswith("data:image/png;base64,")
