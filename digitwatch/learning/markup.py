"""The pieces of HTML that the report is made of, and how it writes numbers."""

import html
import math
from collections.abc import Sequence
from importlib.resources import files

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NO_BREAK_SPACE = "\u00a0"


def percent(share: float) -> str:
    """Write a share (0..1) as percent, rounded down: only what is perfect is called 100 %."""
    # Rounded first, as 0.57 * 1000 is a little under 570.
    tenths = math.floor(round(share * 1000, 6))
    number = "100" if tenths == 1000 else f"{tenths / 10:.1f}"
    return f"{number}{NO_BREAK_SPACE}%"


def document(title: str, body: str) -> str:
    """Return a page as one piece of HTML: its style is in it."""
    style = files("digitwatch.learning").joinpath("report.css").read_text(encoding="utf-8")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<main>
{body}
</main>
</body>
</html>
"""


def section(title: str, *parts: str) -> str:
    """Return a card with a heading."""
    return "\n".join((f"<section>\n<h2>{title}</h2>", *parts, "</section>"))


def folded(title: str, content: str) -> str:
    """Return a card that opens on a click."""
    return f"<details>\n<summary>{title}</summary>\n{content}\n</details>"


def labelled(svg: str, label: str) -> str:
    """Say in words what a picture shows."""
    return svg.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)


def gallery(cards: Sequence[tuple[str, str]], kind: str) -> str:
    """Return pictures side by side, each with its words below."""
    items = "\n".join(f"<li>{picture}{words}</li>" for picture, words in cards)
    return f'<ul class="grids {kind}">\n{items}\n</ul>'


def table(frame: pd.DataFrame, kind: str = "") -> str:
    """Write a table with its index as the head of each row."""
    name = html.escape(str(frame.index.name))
    head = "".join(f'<th scope="col">{html.escape(str(column))}</th>' for column in frame.columns)
    rows = "\n".join(
        f'<tr><th scope="row">{html.escape(str(row))}</th>'
        + "".join(f"<td>{html.escape(str(value))}</td>" for value in values)
        + "</tr>"
        for row, values in zip(frame.index, frame.to_numpy(), strict=True)
    )
    return f"""<table class="{kind}">
<thead><tr><th scope="col">{name}</th>{head}</tr></thead>
<tbody>
{rows}
</tbody></table>"""


def confusion(counts: NDArray[np.int64], columns: Sequence[object]) -> str:
    """Write counts, (rows, columns), as a table tinted by how much of its row each cell holds."""
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    rows = "\n".join(
        f'<tr><th scope="row">{truth}</th>'
        + "".join(_confusion_cell(row, truth, read) for read in range(len(columns)))
        + "</tr>"
        for truth, row in enumerate(counts)
    )
    return f"""<table class="confusion">
<caption>true digit (down) against what was read (across)</caption>
<thead><tr><td></td>{head}</tr></thead>
<tbody>
{rows}
</tbody></table>"""


def _confusion_cell(row: NDArray[np.int64], truth: int, read: int) -> str:
    if not row[read]:
        return "<td></td>"
    share = row[read] / row.sum()
    # The root lets a mistake in a hundred be seen; the tint leaves the number readable.
    tint = 55 * math.cbrt(share)
    kind = ' class="right"' if truth == read else ""
    return f'<td{kind} style="--share:{tint:.0f}%">{row[read]}</td>'
