"""The statistics as a picture: the days, what was right, what was confused, and the drift."""

import io
from collections.abc import Sequence
from datetime import date

from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator

from digitwatch.learning import traits
from digitwatch.learning.drift import LARGE, SMALL, Shift
from digitwatch.recording.annotation import FAINT, FRAME, LOOKS, TEXT
from digitwatch.recording.record import NO_DIGIT, OK, REVIEW
from digitwatch.recording.statistics import Statistics
from digitwatch.running.stats.gathering import Stats
from digitwatch.running.stats.newest_marks import Drift
from digitwatch.running.stats.periods import Period, merged
from digitwatch.running.stats.text import (
    NOTHING_SAID,
    STATUSES,
    drift_headline,
    interval_of,
    unmatched_words,
)

SIZE, DPI = (11.5, 10.6), 110
"""Inches, and pixels an inch."""

RIGHT, WRONG = LOOKS[OK].colour, LOOKS[REVIEW].colour
LABELS = (*range(10), None)
"""What a mark can be, in the order of rows and columns."""

LEFT = 14
"""Pixels."""

MINUTE, USUAL, TITLE = 8, 9.5, 12.5
"""Points."""

IS_LOWER = """What is wrong is corrected more often than what is right is confirmed,
so of all pages more are right than this."""

PANELS = {
    traits.CONFIDENCE: ("how sure", "< 50 %", "99 %"),
    traits.INK: ("ink in the 8x8 grid", "little", "much"),
    traits.ACROSS: ("ink, left or right", "left", "right"),
    traits.DOWN: ("ink, up or down", "up", "down"),
    traits.WIDTH: ("ink, how wide", "narrow", "wide"),
    traits.HEIGHT: ("ink, how tall", "flat", "tall"),
    traits.PEN: ("pen", "thin", "thick"),
    traits.ASPECT: ("shape", "slim", "broad"),
    traits.SIZE: ("size in pixels", "small", "large"),
}
"""Of each trait what it is called, and what its first and its last bin hold."""


def draw(stats: Stats) -> bytes:
    """Return the picture of the statistics as the bytes of a PNG."""
    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08)
    figure = Figure(figsize=SIZE, dpi=DPI, layout=layout, facecolor="white")
    rows = figure.add_gridspec(3, 1, height_ratios=[3.6, 4.4, 2.6])
    middle = rows[1].subgridspec(1, 2, width_ratios=[1, 1.15])
    _draw_days(figure.add_subfigure(rows[0]), stats.statistics)
    _draw_right(figure.add_subfigure(middle[0]), stats.statistics)
    _draw_confusion(figure.add_subfigure(middle[1]), stats.statistics)
    _draw_drift(figure.add_subfigure(rows[2]), stats.drift)
    png = io.BytesIO()
    figure.savefig(png, format="png")
    return png.getvalue()


def _draw_days(part: SubFigure, counted: Statistics) -> None:
    periods, unit = merged(counted.days)
    _title(part, f"Pages read, by {unit}")
    above, below = part.subplots(2, 1, sharex=True, height_ratios=[3, 1.4])
    for axes in (above, below):
        _calm(axes)
    if not periods:
        _say_nothing(above, "nothing was read")
        _say_nothing(below, "")
        return
    _stack(above, periods)
    middles = [_number(one.first) + one.days / 2 for one in periods]
    shares = [100 * one.day.review_share for one in periods]
    below.plot(middles, shares, color=WRONG, marker="o", markersize=3, linewidth=1.2)
    below.set_ylim(0, max(10, 1.15 * max(shares)))
    below.yaxis.set_major_locator(MaxNLocator(2, integer=True, steps=[1, 2, 5, 10]))
    below.set_title("of these left for review (%)", fontsize=USUAL, color=TEXT, loc="left")
    _date_axis(below, periods)


def _date_axis(axes: Axes, periods: Sequence[Period]) -> None:
    """Show all periods, and a week at least, so that a single day is no wall: the one before it."""
    first, last = _number(periods[0].first), _number(periods[-1].first) + periods[-1].days
    room, before = 0.02 * max(last - first, 7), max(0.0, 7 - (last - first))
    # A clock that is set wrong may give any day, and beyond these there is none to be written.
    axes.set_xlim(
        max(first - before - room, _number(date.min)), min(last + room, _number(date.max))
    )
    locator = AutoDateLocator(minticks=3, maxticks=9)  # type: ignore[no-untyped-call]  # matplotlib's
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]


def _number(day: date) -> float:
    """Return where a day begins on an axis."""
    return float(date2num(day))  # type: ignore[no-untyped-call]  # matplotlib's


def _stack(axes: Axes, periods: Sequence[Period]) -> None:
    """Stack the pages of each status, the sure ones at the bottom."""
    starts = [_number(one.first) for one in periods]
    widths = [0.9 * one.days for one in periods]
    bottom = [0] * len(periods)
    for status, words in STATUSES.items():
        counts = [one.day.pages.get(status, 0) for one in periods]
        if any(counts):
            colour = LOOKS[status].colour
            axes.bar(starts, counts, widths, bottom, align="edge", color=colour, label=words)
            bottom = [low + more for low, more in zip(bottom, counts, strict=True)]
    if not any(bottom):  # of statuses that another version has
        return
    axes.set_ylim(0, 1.08 * max(bottom))
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1, 1),
        ncols=4,
        frameon=False,
        fontsize=USUAL,
        labelcolor=TEXT,
        borderaxespad=0.2,
    )


def _draw_right(part: SubFigure, counted: Statistics) -> None:
    _title(part, "Right, of the pages you looked at")
    axes = part.subplots()
    _calm(axes)
    rows = [status for status in STATUSES if status in counted.looked_at]
    if not rows:
        _say_nothing(axes, NOTHING_SAID)
        return
    for row, status in enumerate(rows):
        right = counted.looked_at[status]
        share = 100 * right.share
        axes.barh(row, share, 0.4, color=RIGHT)
        axes.barh(row, 100 - share, 0.4, share, color=WRONG)
        low, high = (100 * bound for bound in right.interval)
        axes.errorbar(share, row, xerr=[[share - low], [high - share]], color="white", capsize=4)
        words = f"{STATUSES[status]}: {right.right:,} of {right.count:,}, {interval_of(right)}"
        axes.text(0, row - 0.28, words, fontsize=USUAL, color=TEXT, va="bottom")
    axes.set(xlim=(0, 100), ylim=(max(len(rows), 2) - 0.5, -0.6), yticks=[])
    axes.set_xlabel("right (%)", fontsize=USUAL, color=TEXT)
    _note(part, f"In brackets and as whiskers: what chance allows (95 %).\n{IS_LOWER}")
    axes.spines["left"].set_visible(False)


def _draw_confusion(part: SubFigure, counted: Statistics) -> None:
    _title(part, "What it is (down), and what was read (across)")
    axes = part.subplots()
    places = {label: place for place, label in enumerate(LABELS)}
    totals = dict.fromkeys(LABELS, 0)
    for one in counted.confusions:
        totals[one.truth] += one.count
    for one in counted.confusions:
        place = places[one.read], places[one.truth]
        is_right = one.truth == one.read
        # The root lets a mistake in a hundred be seen; the tint leaves the number readable.
        tint = 0.6 * (one.count / totals[one.truth]) ** (1 / 3)
        colour = _tinted(RIGHT if is_right else WRONG, tint)
        axes.fill_between([place[0], place[0] + 1], place[1], place[1] + 1, color=colour, lw=0)
        axes.text(
            place[0] + 0.5,
            place[1] + 0.5,
            f"{one.count:,}",
            fontsize=MINUTE,
            color=TEXT,
            ha="center",
            va="center",
        )
    names = [NO_DIGIT if label is None else str(label) for label in LABELS]
    centres = [place + 0.5 for place in range(len(LABELS))]
    axes.set(xlim=(0, len(LABELS)), ylim=(len(LABELS), 0), xticks=centres, yticks=centres)
    axes.set_xticklabels(names)
    axes.set_yticklabels(names)
    axes.tick_params(length=0, labelsize=USUAL, colors=FAINT)
    axes.xaxis.tick_top()
    axes.spines[:].set_color(FRAME)
    for line in range(1, len(LABELS)):
        axes.axhline(line, color=FRAME, linewidth=0.6)
        axes.axvline(line, color=FRAME, linewidth=0.6)
    if not counted.confusions:
        _say(axes, NOTHING_SAID)
    if counted.unmatched:
        _note(part, unmatched_words(counted))


def _draw_drift(part: SubFigure, drift: Drift) -> None:
    _title(part, drift_headline(drift))
    beside = {one.name: (one, "before") for one in drift.changed}
    beside |= {one.name: (one, "learned") for one in drift.learned}
    names = [name for name in PANELS if name in beside]
    if not names:
        _say_nothing(part.subplots(), drift.trouble)
        return
    for axes, name in zip(part.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        _draw_shift(axes, *beside[name])
    note = (
        "Bars: the newest marks. Line: those that the model learned, or the marks before. "
        "Where both run alike, nothing has changed.\n"
        f"The figure says how far they are apart (population stability index): up to {SMALL} is "
        f"nothing; from {LARGE} on it is much, and orange, unless chance may have done it."
    )
    if drift.trouble:
        note += f"\nWhether they are as what the model learned cannot be told: {drift.trouble}."
    _note(part, note)


def _draw_shift(axes: Axes, shift: Shift, beside: str) -> None:
    """Draw how often each bin was found now, and what it is compared with."""
    _calm(axes)
    title, low, high = PANELS[shift.name]
    places = range(len(shift.now))
    axes.bar(places, shift.now, 0.86, color=WRONG if shift.is_large else RIGHT)
    axes.stairs(shift.before, [place - 0.5 for place in range(len(shift.now) + 1)], color=TEXT)
    axes.set_title(f"{title}\n{shift.index:.2f}", fontsize=MINUTE, color=TEXT)
    axes.set(yticks=[], ylim=(0, 1.1 * max(*shift.now, *shift.before)))
    axes.spines["left"].set_visible(False)
    axes.set_xticks([places[0], places[-1]], [low, high])
    axes.tick_params(length=0, labelsize=MINUTE)
    axes.set_xlabel(f"line: {beside}", fontsize=MINUTE, color=FAINT)


def _title(part: SubFigure, words: str) -> None:
    part.suptitle(words, x=_left(part), ha="left", fontsize=TITLE, fontweight="bold", color=TEXT)


def _note(part: SubFigure, words: str) -> None:
    """Write below what the picture cannot say."""
    part.supxlabel(words, x=_left(part), ha="left", fontsize=MINUTE, color=FAINT)


def _left(part: SubFigure) -> float:
    """Return where the words of a part begin, as a share of its width."""
    return LEFT / part.bbox.width


def _calm(axes: Axes) -> None:
    axes.tick_params(colors=FAINT, labelsize=USUAL)
    axes.spines[:].set_color(FRAME)
    axes.spines[["top", "right"]].set_visible(False)


def _say_nothing(axes: Axes, words: str) -> None:
    """Say why there is nothing to be drawn."""
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    _say(axes, words)


def _say(axes: Axes, words: str) -> None:
    axes.text(
        0.5,
        0.5,
        words,
        fontsize=TITLE,
        color=FAINT,
        ha="center",
        va="center",
        transform=axes.transAxes,
        backgroundcolor="white",
    )


def _tinted(colour: str, share: float) -> tuple[float, ...]:
    """Return so much of a colour on white."""
    return tuple(1 - share * (1 - part) for part in to_rgb(colour))
