"""The pictures of the report: curves as SVG, grids as PNG, each ready to stand in the page."""

import base64
import io
from collections.abc import Sequence

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from PIL import Image

from digitwatch.learning.evaluation import CoverageCurve, Evaluation, ReliabilityBin
from digitwatch.learning.markup import labelled, percent

SIZE = (4.2, 4.4)
"""Inches: a phone shows it at about this size, so its letters stay readable."""

# Stand-ins for the colours of the style sheet, which follow the reader's light or dark mode.
TEXT, FAINT, RIGHT, WRONG = "#010101", "#020202", "#030303", "#040404"
STYLE_SHEET = {
    TEXT: "var(--text)",
    FAINT: "var(--faint)",
    RIGHT: "var(--right)",
    WRONG: "var(--wrong)",
}


def confidence(evaluation: Evaluation, coverage: CoverageCurve) -> str:
    """Draw how far the confidence can be believed, with words for whoever never saw such curves."""
    error = percent(evaluation.expected_calibration_error)
    return f"""<div class="columns">
<figure>{labelled(reliability_diagram(evaluation.reliability), "Reliability diagram")}
<figcaption>When the model says 90 %, nine in ten should be right. The closer the points lie to the
dashed line, the more can its confidence be believed; a point above few samples means little. On
average it is off by {error} (expected calibration error).</figcaption></figure>
<figure>{labelled(coverage_diagram(coverage.thinned()), "Coverage against accuracy")}
<figcaption>The fewer of its readings are accepted without asking, the surest first, the more of
them are right. Far right: everything is accepted.</figcaption></figure>
</div>"""


def reliability_diagram(bins: Sequence[ReliabilityBin]) -> str:
    """Draw what held against what was claimed, with the count of each bin below.

    Source: Niculescu-Mizil and Caruana, ICML 2005. Returns an `<svg>` element.
    """
    figure = Figure(figsize=SIZE, layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
    filled = [b for b in bins if b.count]
    above.plot([0, 100], [0, 100], color=FAINT, linestyle="--", label="as it should be")
    above.plot(
        [100 * b.confidence for b in filled],
        [100 * b.accuracy for b in filled],
        color=RIGHT,
        marker="o",
        label="as it is",
    )
    above.set(ylabel="right (%)", xlim=(0, 100), ylim=(0, 103))
    above.legend(frameon=False, labelcolor=TEXT)
    centres = [50 * (b.low + b.high) for b in bins]
    bars = below.bar(centres, [b.count for b in bins], width=8, color=RIGHT)
    below.bar_label(bars, [str(b.count) for b in bins], fontsize=8, color=TEXT, padding=2)
    below.set(xlabel="confidence (%)", ylabel="how many", yticks=[])
    below.margins(y=0.25)
    return _svg(figure, [above, below])


def coverage_diagram(curve: CoverageCurve) -> str:
    """Draw how many of the kept are right against how many are kept. Returns an `<svg>` element.

    Source: El-Yaniv and Wiener, JMLR 2010.
    """
    figure = Figure(figsize=SIZE, layout="constrained")
    axes = figure.subplots()
    axes.plot(100 * curve.coverage, 100 * curve.accuracy, color=RIGHT)
    axes.set(xlabel="accepted without asking (%)", ylabel="right among those (%)", xlim=(0, 100))
    lowest = 100 * float(curve.accuracy.min(initial=1.0))
    axes.set_ylim(min(lowest, 99.0) - 0.5, 100.05)
    return _svg(figure, [axes])


def grid_image(grid: NDArray[np.float32]) -> str:
    """Return one 8x8 grid (0..16, dark for ink) as the address of an 8 x 8 pixel PNG."""
    grey = np.round(255 * (1 - np.clip(grid / 16, 0, 1))).astype(np.uint8)
    png = io.BytesIO()
    Image.fromarray(grey).save(png, "PNG")
    return f"data:image/png;base64,{base64.b64encode(png.getvalue()).decode('ascii')}"


def _svg(figure: Figure, all_axes: Sequence[Axes]) -> str:
    for axes in all_axes:
        axes.set_facecolor("none")
        axes.tick_params(colors=FAINT)
        axes.xaxis.label.set_color(TEXT)
        axes.yaxis.label.set_color(TEXT)
        axes.spines[:].set_color(FAINT)
        axes.spines[["top", "right"]].set_visible(False)
    text = io.StringIO()
    # The salt makes the same figure the same text, and letters that stay text follow the page.
    with mpl.rc_context({"svg.hashsalt": "digitwatch", "svg.fonttype": "none"}):
        figure.savefig(text, format="svg", transparent=True, metadata={"Date": None})
    svg = text.getvalue()
    for stand_in, colour in STYLE_SHEET.items():
        svg = svg.replace(stand_in, colour)
    return svg[svg.index("<svg") :]
