"""The report tells people and machines the same, in files that need nothing else."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from digitwatch.learning import report_page
from digitwatch.learning.classifier import Prediction
from digitwatch.learning.evaluation import CoverageCurve, Evaluation
from digitwatch.learning.gate import DRAWN, LESSONS, Comparison, Verdict
from digitwatch.learning.lessons import Lesson, ReadLessons, prepare
from digitwatch.learning.markup import percent
from digitwatch.learning.plots import confidence, grid_image
from digitwatch.learning.report import tell_report, write_report
from digitwatch.learning.report_page import render_page
from digitwatch.learning.synthesis import draw_mask
from digitwatch.learning.training import Training

NO_DIGIT = 10
VOID = {"meta", "img", "br"}


@dataclass(frozen=True)
class FakeTraining:
    shuffled: Evaluation
    unshuffled: Evaluation
    drawn: Evaluation
    lessons: ReadLessons
    data_sets: dict[str, Evaluation] = field(default_factory=dict)
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


def training(
    drawn: Evaluation | None = None, lessons: Sequence[Lesson] = (), **settings: Any
) -> Training:
    """A training; of its lessons each is read as 1, surely by who has not seen it."""
    prepared = prepare(lessons, seed=0)
    unseen = [Prediction(1, 0.99, 7, 0.01, True, (0.0, 0.99) + (0.0,) * 8)] * len(prepared)
    learned = [Prediction(1, 0.4, 7, 0.3, True, (0.0, 0.4) + (0.0,) * 8)] * len(prepared)
    read = ReadLessons(prepared, unseen, learned)
    fake = FakeTraining(evaluation(2), evaluation(5), drawn or evaluation(3), read, **settings)
    return cast("Training", fake)


def lesson(label: int, name: str, *, is_learned: bool = True) -> Lesson:
    mask = draw_mask(label, 0, np.random.default_rng(label))
    return Lesson(mask, label, name, name, is_learned)


def comparison(name: str, count: int, lost: int) -> Comparison:
    new = np.ones(count, np.bool_)
    new[:lost] = False
    return Comparison(name, np.ones(count, np.bool_), new)


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


@pytest.fixture(scope="module", autouse=True)
def _curves_are_drawn_once() -> Iterator[None]:
    """Those of the same figures; to draw them takes most of a page's time."""
    drawn: dict[bytes, str] = {}

    def once(of: Evaluation, coverage: CoverageCurve) -> str:
        key = of.truth.tobytes() + of.predicted.tobytes() + of.confidence.tobytes()
        if key not in drawn:
            drawn[key] = confidence(of, coverage)
        return drawn[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report_page, "confidence", once)
        yield


@pytest.fixture(scope="module")
def page() -> Reading:
    return read(render_page(training(), {}, Verdict()))


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


def test_it_says_of_which_model_it_is_and_whether_that_is_in_place(tmp_path: Path) -> None:
    page = write_report(training(), tmp_path, model="m1")
    before = page.read_text(encoding="utf-8")
    assert "This is the report of the model m1." in read(before).text
    tell_report(tmp_path, "m0")
    text = read(page.read_text(encoding="utf-8")).text
    assert "model m1, which is not in place any more. The one in place is m0." in text
    tell_report(tmp_path, "m1")
    assert page.read_text(encoding="utf-8") == before


def test_the_report_of_a_model_that_was_not_kept_says_so(tmp_path: Path) -> None:
    page = write_report(training(), tmp_path, Verdict("m2"))
    assert "was not kept. The one in place is m2." in read(page.read_text(encoding="utf-8")).text
    tell_report(tmp_path, "m0")
    assert "was not kept. The one in place is m0." in read(page.read_text(encoding="utf-8")).text


@pytest.mark.parametrize("content", [None, b"", b"[1]", b"{}", b"{"])
def test_a_report_that_is_missing_or_damaged_is_left_alone(
    tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "report.json").write_bytes(content)
    tell_report(tmp_path, "m0")
    assert not (tmp_path / "report.html").exists()


def test_the_same_training_makes_the_same_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_page, "confidence", confidence)
    assert render_page(training(), {}, Verdict()) == render_page(training(), {}, Verdict())


def test_it_says_why_the_shuffled_score_flatters(page: Reading) -> None:
    text = " ".join(page.text.split())
    assert "come in runs by the same writer" in text
    assert "flatters" in text


def test_the_surest_mistake_comes_first() -> None:
    of = evaluation(5)
    text = read(render_page(training(of), {}, Verdict())).text
    wrong = text[text.index("Read wrong") :]
    surest = of.confidence[~of.correct].max()
    assert wrong.split(" % sure", 1)[0].endswith(str(int(100 * surest)))


def test_a_perfect_score_has_no_mistakes_to_show() -> None:
    assert "None." in read(render_page(training(evaluation(0)), {}, Verdict())).text


def test_a_mark_that_is_no_digit_is_called_so() -> None:
    of = evaluation(1)
    of.truth[0] = NO_DIGIT
    assert "is no digit" in read(render_page(training(of), {}, Verdict())).text


def test_nothing_measured_still_makes_a_page() -> None:
    assert read(render_page(training(evaluation(0, n=0)), {}, Verdict())).open == []


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


LESSONS_SAID = [lesson(1, "one.png (bcdfg-hjklm)"), lesson(7, "<b>seven</b>.png (kmtrs-bdfgh)")]


def test_lessons_that_look_mistaken_or_are_still_misread_are_shown_with_their_rows() -> None:
    text = read(render_page(training(lessons=LESSONS_SAID), {}, Verdict())).text
    mistaken = text[text.index("These look mistaken") : text.index("Still read wrong")]
    assert "<b>seven</b>.png (kmtrs-bdfgh)" in mistaken
    assert "you said 7read 199 % sure" in mistaken
    assert "one.png" not in text
    assert "read 140 % sure" in text[text.index("Still read wrong") :]


def test_page_and_json_tell_of_the_same_lessons(tmp_path: Path) -> None:
    page = write_report(training(lessons=LESSONS_SAID), tmp_path)
    text = read(page.read_text(encoding="utf-8")).text
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["lessons"]
    assert (found["count"], found["learned"], found["right"]) == (2, 2, 1)
    assert found["per_label"] == [0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0]
    (mistaken,), (wrong,) = found["look_mistaken"], found["still_wrong"]
    assert mistaken["name"] == wrong["name"] == "<b>seven</b>.png (kmtrs-bdfgh)"
    assert (mistaken["label"], mistaken["read"], mistaken["confidence"]) == (7, 1, 0.99)
    assert "So 50.0 % are read right" in " ".join(text.replace("\u00a0", " ").split())


def test_without_lessons_the_page_does_not_speak_of_them(page: Reading) -> None:
    assert "Your own drawings" not in page.text
    assert "Old beside new" not in page.text


def test_lessons_that_are_only_measured_on_are_said_not_to_be_learned() -> None:
    measured = [lesson(7, "seven.png", is_learned=False)]
    text = read(render_page(training(lessons=measured), {}, Verdict())).text
    assert "did not learn from them" in text


@pytest.mark.parametrize(
    ("lost", "is_forced", "words"),
    [
        (0, False, "The new model is kept: it is nowhere clearly worse"),
        (9, True, "kept because that was asked for, although it is worse on: drawings by rule."),
        (9, False, "The old model is kept: the new one, which this page is about, is worse on"),
    ],
)
def test_old_stands_beside_new_with_what_became_of_it(
    tmp_path: Path, lost: int, is_forced: bool, words: str
) -> None:
    verdict = Verdict("m0ld", [comparison(DRAWN, 60, lost), comparison(LESSONS, 20, 1)], is_forced)
    page = write_report(training(), tmp_path, verdict)
    text = " ".join(read(page.read_text(encoding="utf-8")).text.replace("\u00a0", " ").split())
    found = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["old_beside_new"]
    assert words in text
    assert "your own drawings20100 %95.0 %" in text
    assert found["accepted"] is (is_forced or not lost)
    assert found["worse"] == (["drawings by rule"] if lost else [])
    by_name = {score["name"]: score for score in found["scores"]}
    assert by_name["your own drawings"]["new"] == 0.95
    assert by_name["load_digits, shuffled"]["old"] is None


def test_a_data_set_has_its_own_figures(tmp_path: Path) -> None:
    page = write_report(training(data_sets={"mnist_784": evaluation(6)}), tmp_path)
    assert "mnist_784, held out" in read(page.read_text(encoding="utf-8")).text
    figures = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert figures["data_sets"]["mnist_784"]["accuracy"] == 0.9
