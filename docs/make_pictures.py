"""Make the pictures of the documentation with the trained model: python docs/make_pictures.py."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from digitwatch.config import load
from digitwatch.learning import model_store
from digitwatch.learning.synthesis import draw_picture
from digitwatch.running.reader import Reader

DOCS = Path(__file__).parent


def main() -> None:
    """Read a drawing as the watcher would, and keep its thumbnail."""
    config = load(DOCS.parent / "config.yaml")
    model = model_store.load(config.models)
    reader = Reader(model.classifier, model.id, config.layout, config.review_below)
    drawing = io.BytesIO()
    Image.fromarray(draw_picture(2, np.random.default_rng(11))).save(drawing, "PNG")
    (page,) = reader.read(drawing.getvalue(), "drawing.png")
    (DOCS / "thumbnail.png").write_bytes(page.thumbnail)


if __name__ == "__main__":
    main()
