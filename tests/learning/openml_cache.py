"""A small data set, kept as scikit-learn keeps what it has fetched from OpenML."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digitwatch.learning.synthesis import CALM_BEND, draw_mask


def like_mnist(digit: int, seed: int) -> NDArray[np.uint8]:
    """A digit as in MNIST: light on black, 28x28, in the middle."""
    mask = draw_mask(digit, 0, np.random.default_rng([seed, digit]), CALM_BEND)
    ink = Image.fromarray(mask.astype(np.uint8) * 255)
    ink.thumbnail((20, 20), Image.Resampling.BOX)
    picture = Image.new("L", (28, 28))
    picture.paste(ink, ((28 - ink.width) // 2, (28 - ink.height) // 2))
    return np.asarray(picture)


def keep(home: Path, name: str, pictures: NDArray[np.uint8], labels: Sequence[str]) -> None:
    """Write what scikit-learn would fetch of pictures (n, side, side) with their labels."""
    pixels = pictures.reshape(len(pictures), -1)
    columns = [f"pixel{number}" for number in range(1, pixels.shape[1] + 1)]
    arff = _arff(columns, pixels, labels)
    numeric = {"data_type": "numeric", "is_target": "false"}
    nominal = {"data_type": "nominal", "is_target": "true", "nominal_value": sorted(set(labels))}
    features = [
        {
            "index": str(index),
            "name": column,
            "is_ignore": "false",
            "is_row_identifier": "false",
            "number_of_missing_values": "0",
            **(nominal if column == "class" else numeric),
        }
        for index, column in enumerate([*columns, "class"])
    ]
    description = {
        "id": "7",
        "name": name,
        "version": "1",
        "format": "ARFF",
        "status": "active",
        "url": "https://www.openml.org/data/v1/download/7/digits.arff",
        "file_id": "7",
        "default_target_attribute": "class",
        "md5_checksum": hashlib.md5(arff, usedforsecurity=False).hexdigest(),
    }
    found = [{"did": 7, "name": name, "version": 1, "status": "active"}]
    count = [{"name": "NumberOfInstances", "value": str(float(len(labels)))}]
    api = "api/v1/json/data"
    search = f"{api}/list/data_name/{name}/limit/2/status/active/"
    _write(home, search, _json({"data": {"dataset": found}}))
    _write(home, f"{api}/7", _json({"data_set_description": description}))
    _write(home, f"{api}/features/7", _json({"data_features": {"feature": features}}))
    _write(home, f"{api}/qualities/7", _json({"data_qualities": {"quality": count}}))
    _write(home, "data/v1/download/7/digits.arff", arff)


def _arff(columns: Sequence[str], pixels: NDArray[np.uint8], labels: Sequence[str]) -> bytes:
    head = ["@RELATION digits", *(f"@ATTRIBUTE {column} REAL" for column in columns)]
    classes = ",".join(sorted(set(labels)))
    rows = (
        ",".join([*map(str, row), label])
        for row, label in zip(pixels.tolist(), labels, strict=True)
    )
    return "\n".join([*head, f"@ATTRIBUTE class {{{classes}}}", "@DATA", *rows, ""]).encode()


def _json(content: object) -> bytes:
    return json.dumps(content).encode()


def _write(home: Path, path: str, data: bytes) -> None:
    file = home / "openml" / "openml.org" / f"{path}.gz"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(gzip.compress(data))
