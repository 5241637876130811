"""What the tutorial says is what its reader sees."""

import re
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from docs.walkthrough import INSTALL, PYTHON, SHELL, TUTORIAL, Step, Walk, steps_of
from tests.docs.markdown import pictures_in, rows_of, section
from tests.program import ROOT

TEXT = TUTORIAL.read_text(encoding="utf-8")

DIFFERENT_EVERYWHERE = {
    r"\bm[0-9a-f]{8}\b": "MODEL",
    r"\d\d\d\d-\d\d-\d\d \d\d:\d\d:\d\d": "TIME",
    r"process \d+": "process NUMBER",
    r"[ \N{NO-BREAK SPACE}]+": " ",
}
"""What no two readers see alike, by pattern: the id of a model, the time, a process; and how many
spaces stand before a figure."""

FIGURE = re.compile(
    r"\d+(?:\.\d+)?(?= ?%)|\d+(?= ok\b| (?:to )?review\b| reviewed\b)|(?<=\.png \S )\d+"
    r"|(?<=^ok )\d+ \d+|(?<=^review )\d+ \d+",
    re.MULTILINE,
)
"""What hangs on a model: shares and confidences in percent, and how many drawings are sure."""
MADE_ELSEWHERE = {"review.png"}
"""Pictures for which a browser is needed."""
POINTS = 3
"""By so much a figure may differ: other processors round otherwise."""
SHADES = 8
"""By so many of 255, on average, a picture may: fonts differ."""


def alike(text: str, folder: Path) -> str:
    """The text with a mark for all that is different everywhere."""
    for place in (str(folder.resolve()), str(folder)):
        text = text.replace(place, "/home/you")
    for pattern, mark in DIFFERENT_EVERYWHERE.items():
        text = re.sub(pattern, mark, text)
    return "\n".join(line.strip() for line in text.replace("\\", "/").splitlines()).strip()


def figures_in(text: str) -> NDArray[np.float64]:
    """The figures of a text that was made alike."""
    return np.array([float(one) for found in FIGURE.findall(text) for one in found.split()])


def says_the_same(shown: str, promised: str, folder: Path) -> bool:
    """Whether what a step shows is what the tutorial promises, but for POINTS in its figures."""
    shown, promised = alike(shown, folder), alike(promised, folder)
    if FIGURE.sub("N", shown) != FIGURE.sub("N", promised):
        return False
    return bool((np.abs(figures_in(shown) - figures_in(promised)) <= POINTS).all())


@pytest.mark.parametrize(
    ("shown", "is_same"),
    [
        ("Model m0b0411db:  97.1 % at 2026-11-25 10:00:00", True),
        ("Model m99999999:  95.9 % at 2027-01-01 00:00:00", True),
        ("Model m99999999:  91.0 % at 2027-01-01 00:00:00", False),
        ("Model none:  97.1 % at 2026-11-25 10:00:00", False),
        ("", False),
    ],
)
def test_only_what_differs_between_machines_may_differ(shown, is_same):
    promised = "Model m0b0411db:  97.1 % at 2026-11-25 10:00:00\n"
    assert says_the_same(shown, promised, Path("/nowhere")) is is_same


def test_what_is_read_must_be_what_the_tutorial_shows_and_how_sure_it_is_nearly():
    promised = "     file digits confidence\n 7_10.png      7         98\nok   395  387\n"
    assert says_the_same(promised.replace("98", "99").replace("387", "386"), promised, Path("/x"))
    assert not says_the_same(promised.replace("  7  ", "  1  "), promised, Path("/x"))
    assert not says_the_same(promised.replace("387", "380"), promised, Path("/x"))


def test_every_block_of_the_tutorial_is_of_a_known_kind_and_can_be_typed():
    steps = steps_of(TEXT)
    assert {step.kind for step in steps} == {SHELL, PYTHON}
    for step in steps:
        if step.kind == PYTHON:
            compile(step.text, f"tutorial.md:{step.line}", "exec")


def test_a_block_that_shows_what_nothing_printed_is_refused():
    with pytest.raises(ValueError, match="line 3: a block of kind 'text'"):
        steps_of("# Title\n\n```text\n1\n```\n")


def test_the_tutorial_installs_as_the_readme_does():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (install,) = re.findall(f"^{re.escape(INSTALL)}.*$", TEXT, re.MULTILINE)
    assert install in readme.splitlines()


def test_the_table_of_what_each_step_wins_has_the_figures_that_were_measured():
    chapter = section(TEXT, "What each step wins")
    first = section(TEXT, "Why the usual way fails")
    measured = re.findall(r"^'?(\d+%)'?$", first + chapter, re.MULTILINE)
    assert [cells[1] for cells in rows_of(chapter)] == measured


@pytest.mark.slow
def test_a_reader_who_does_what_the_tutorial_says_sees_what_it_shows(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    walk = Walk(tmp_path)
    try:
        for step in steps_of(TEXT):
            shown = walk.do(step)
            if step.shown or step.kind == SHELL:
                assert says_the_same(shown, step.shown, tmp_path), _differs(step, shown, tmp_path)
    finally:
        walk.end()
    for name in set(pictures_in(TEXT)) - MADE_ELSEWHERE:
        made = walk.picture(name)
        assert made, f"nothing in the tutorial makes {name}"
        assert _are_alike(made, TUTORIAL.parent / name), name


def _differs(step: Step, shown: str, folder: Path) -> str:
    return (
        f"line {step.line} of the tutorial shows\n{alike(step.shown, folder)}\n"
        f"but what appears is\n{alike(shown, folder)}"
    )


def _are_alike(one: Path, other: Path) -> bool:
    """Whether two pictures look the same, though their letters may be of another font."""
    with Image.open(one) as first, Image.open(other) as second:
        size = (100, 50)
        pixels = [np.asarray(each.convert("L").resize(size), float) for each in (first, second)]
    return float(np.abs(pixels[0] - pixels[1]).mean()) <= SHADES
