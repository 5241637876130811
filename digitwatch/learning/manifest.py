"""The manifest of a model: what it is, what made it, what it scored; and that it vouches for it."""

import hashlib
import json
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import sklearn

from digitwatch import __version__
from digitwatch.errors import ModelError, remedy_for
from digitwatch.learning import drift
from digitwatch.learning.lessons import ReadLessons, label_read
from digitwatch.learning.training import Training

FORMAT = "digitwatch model 1"
REMEDY = "run: digitwatch train"
SEEDS = 2**32
"""scikit-learn shuffles by smaller ones."""


def describe(training: Training, sha256: str) -> dict[str, Any]:
    """The manifest of a model: what it is, what made it, and what it scored."""
    return {
        "format": FORMAT,
        "id": f"m{sha256[:8]}",
        "sha256": sha256,
        "versions": {
            "digitwatch": __version__,
            "scikit-learn": sklearn.__version__,
            "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "seed": training.seed,
        "training": training.parameters,
        "classifier": training.classifier.parameters,
        "scores": {
            "load_digits, shuffled split": training.shuffled.summary(),
            "load_digits, unshuffled split": training.unshuffled.summary(),
            "drawings by rule": training.drawn.summary(),
        },
        "unshuffled_wrong": np.flatnonzero(~training.unshuffled.correct).tolist(),
        "lessons": _learned_lessons(training.lessons),
        "fingerprint": drift.for_manifest(
            [training.shuffled, training.drawn, *training.data_sets.values()]
        ),
    }


def _learned_lessons(read: ReadLessons) -> dict[str, int]:
    """The ink of each lesson that was learned, and what it was read as before that."""
    each = zip(read.lessons.each, read.unseen, strict=True)
    return {lesson.ink: label_read(prediction) for lesson, prediction in each if lesson.is_learned}


def read(path: Path, model: Path) -> dict[str, Any]:
    """Read the manifest at `path`, of a model and the one before it.

    Raises:
        ModelError: There is none, or it is damaged or not ours.
    """
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        if model.exists():
            raise ModelError(
                f"the model {model} has no manifest {path.name}, so it is not loaded", REMEDY
            ) from error
        raise ModelError(f"there is no model in {path.parent}", REMEDY) from error
    except OSError as error:
        raise ModelError(
            f"the manifest {path} cannot be read: {error.strerror}", remedy_for(error)
        ) from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"the manifest {path} is damaged", REMEDY) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelError(f"{path} is not a manifest of this digitwatch", REMEDY)
    return manifest


def vouching(manifest: Mapping[str, Any], data: bytes, model: Path) -> dict[str, Any]:
    """The entry of the manifest that vouches for the bytes of a model.

    Raises:
        ModelError: None does.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    for entry in (manifest, manifest.get("previous")):
        if isinstance(entry, dict) and entry.get("sha256") == sha256 and _is_whole(entry):
            return entry
    raise ModelError(
        f"the model {model} is damaged or not the one that its manifest describes", REMEDY
    )


def _is_whole(entry: Mapping[str, Any]) -> bool:
    """Whether what others rely on is there, and what an older one may lack is nothing else."""
    needed = {"id": str, "versions": dict, "classifier": dict}
    others = {"seed": int, "training": dict, "lessons": dict, "unshuffled_wrong": list}
    return (
        all(isinstance(entry.get(key), kind) for key, kind in needed.items())
        and all(isinstance(entry.get(key, kind()), kind) for key, kind in others.items())
        and 0 <= entry.get("seed", 0) < SEEDS
        and all(isinstance(place, int) for place in entry.get("unshuffled_wrong", []))
    )


def refuse_other_versions(entry: Mapping[str, Any], model: Path) -> None:
    """Refuse a model that another scikit-learn made.

    Raises:
        ModelError: It is such a one.
    """
    trained = entry["versions"].get("scikit-learn")
    if trained != sklearn.__version__:
        raise ModelError(
            f"the model {model} was made with scikit-learn {trained}, "
            f"this is {sklearn.__version__}",
            REMEDY,
        )
