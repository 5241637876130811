"""Make the pictures of the documentation with the trained model: python -m docs.make_pictures.

Those of the tutorial are what it makes when it is carried out, which takes some minutes. That of
the review page is taken in Chromium.
"""

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitwatch.config import load
from digitwatch.learning import model_store
from digitwatch.learning.synthesis import draw_picture
from digitwatch.running.reader import Reader, reader_for
from docs import review_picture
from docs.walkthrough import TUTORIAL, Walk, steps_of
from tests.docs.markdown import pictures_in
from tests.pages import BLUE_RULE, Sheet, make

DOCS = Path(__file__).parent


def main() -> None:
    """Make those of what it shows, then walk through the tutorial and keep what that makes."""
    make_thumbnails()
    review_picture.main()
    os.environ["MPLBACKEND"] = "Agg"
    with tempfile.TemporaryDirectory() as folder:
        walk_and_keep(Walk(Path(folder)))


def make_thumbnails() -> None:
    """Read a drawing and a page as the watcher would, and keep their thumbnails."""
    config = load(DOCS.parent / "config.yaml")
    reader = reader_for(config, model_store.load(config.models))
    drawing = draw_picture(2, np.random.default_rng(11))
    page = make(
        ["2672", "53933697", "236 19 8"],
        Sheet(rules="lines", rule=BLUE_RULE, skew=2.0, shadow=0.3, touching=0.15, jpeg=85),
        seed=29,
    )
    (DOCS / "thumbnail.png").write_bytes(_thumbnail(reader, drawing, "drawing.png"))
    (DOCS / "page.png").write_bytes(_thumbnail(reader, page, "page.png"))


def walk_and_keep(walk: Walk) -> None:
    """Do all that the tutorial says, and copy the pictures that it shows."""
    text = TUTORIAL.read_text(encoding="utf-8")
    steps = steps_of(text)
    try:
        for number, step in enumerate(steps, start=1):
            sys.stderr.write(f"step {number} of {len(steps)}, line {step.line}\n")
            walk.do(step)
        for name in pictures_in(text):
            if made := walk.picture(name):
                shutil.copyfile(made, DOCS / name)
    finally:
        walk.end()


def _thumbnail(reader: Reader, pixels: NDArray[np.uint8], name: str) -> bytes:
    picture = io.BytesIO()
    Image.fromarray(pixels).save(picture, "PNG")
    (read,) = reader.read(picture.getvalue(), name)
    return read.thumbnail


if __name__ == "__main__":
    main()
