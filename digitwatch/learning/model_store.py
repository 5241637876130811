"""The model on the disk: a joblib file, and the manifest that vouches for it.

Unpickling runs code, so nothing is unpickled that the manifest does not vouch for. That finds
damage, mix-ups and other versions; it is no defence against somebody who can write both files.
"""

import hashlib
import io
import json
import platform
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import sklearn

from digitwatch import __version__
from digitwatch.errors import ModelError
from digitwatch.files import write_atomically
from digitwatch.learning import drift
from digitwatch.learning.classifier import Classifier
from digitwatch.learning.lessons import ReadLessons, label_read
from digitwatch.learning.training import Training
from digitwatch.reading.grid import features

MODEL = "digits.joblib"
PREVIOUS = "digits.previous.joblib"
SPARE = ".digits.spare.joblib"
"""The model that is about to be the previous one, while both files hold others."""
MANIFEST = "digits.json"
FORMAT = "digitwatch model 1"
REMEDY = "run: digitwatch train"


@dataclass(frozen=True)
class StoredModel:
    """A model that was loaded, with what its manifest says.

    Attributes:
        classifier: Ready to predict.
        id: Short text by which the CSV names the model.
        manifest: See `describe`.
    """

    classifier: Classifier
    id: str
    manifest: Mapping[str, Any]


def is_stored(folder: Path) -> bool:
    """Whether there is anything of a model in `folder`, usable or not."""
    return (folder / MODEL).exists() or (folder / MANIFEST).exists()


def files_of(folder: Path) -> tuple[Path, Path]:
    """The files that change when another model is stored in `folder`."""
    return folder / MANIFEST, folder / MODEL


def save(training: Training, folder: Path) -> StoredModel:
    """Write the model and its manifest to `folder`, and keep the one before it.

    Raises:
        OSError: The folder cannot be written to; the old model is untouched.
    """
    buffer = io.BytesIO()
    joblib.dump(training.classifier.estimator, buffer, compress=3)
    data = buffer.getvalue()
    manifest = describe(training, hashlib.sha256(data).hexdigest())
    _install(_Stored(data, manifest), folder)
    return StoredModel(training.classifier, manifest["id"], manifest)


def roll_back(folder: Path) -> tuple[StoredModel, str]:
    """Bring the previous model back; done again, it brings back the one that was in its place.

    Returns:
        The model that is in place now, and the id of the one before it; empty where that was of
        no use.

    Raises:
        ModelError: There is no previous model, or none that can be used.
        OSError: The folder cannot be written to; the models are untouched.
    """
    _finish(folder)
    current = _current(folder)
    previous = _vouched(folder, PREVIOUS)
    if previous is None or (current and previous.data == current.data):
        raise ModelError(f"there is no earlier model in {folder}", "train one: digitwatch train")
    _refuse_other_versions(previous.entry, folder)
    classifier = _unpickle(previous.data, previous.entry, folder)
    _install(previous, folder)
    return (
        StoredModel(classifier, previous.entry["id"], previous.entry),
        current.entry["id"] if current else "",
    )


@dataclass(frozen=True)
class _Stored:
    """The bytes of a model, and the entry of the manifest that vouches for them."""

    data: bytes
    entry: Mapping[str, Any]


def _install(new: _Stored, folder: Path) -> None:
    """Put a model in place of the current one, which becomes the previous.

    However this is cut short, a whole model is in place, and both are there: the current one lies
    in a file of its own before the other replaces it, and the manifest vouches for both.
    """
    _finish(folder)
    current = _current(folder)
    old = current if current and current.data != new.data else None
    kept = old or _vouched(folder, PREVIOUS)
    if old:
        write_atomically(folder / SPARE, old.data)
    previous = _without_previous(kept.entry) if kept and kept.data != new.data else None
    entry = {**new.entry, "previous": previous}
    text = json.dumps(entry, indent=2, ensure_ascii=False) + "\n"
    write_atomically(folder / MANIFEST, text.encode("utf-8"))
    write_atomically(folder / MODEL, new.data)
    if old:
        (folder / SPARE).replace(folder / PREVIOUS)


def _finish(folder: Path) -> None:
    """Do the last step of what was cut short before it."""
    spare, current = _vouched(folder, SPARE), _current(folder)
    if spare and current and spare.data != current.data:
        (folder / SPARE).replace(folder / PREVIOUS)


def _current(folder: Path) -> _Stored | None:
    """The model in place, None where there is none that the manifest vouches for."""
    return _vouched(folder, MODEL)


def _vouched(folder: Path, name: str) -> _Stored | None:
    try:
        data = (folder / name).read_bytes()
        return _Stored(data, _vouching(_read_manifest(folder), data, folder))
    except (ModelError, OSError):
        return None


def _without_previous(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "previous"}


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


def entry_of(folder: Path) -> Mapping[str, Any] | None:
    """The manifest of the model that is there now, None where there is none that it vouches for."""
    current = _current(folder)
    return current.entry if current else None


def load(folder: Path) -> StoredModel:
    """Load the model from `folder` after its manifest has vouched for it.

    Raises:
        ModelError: There is none, or it is damaged, not ours, or of another scikit-learn.
    """
    manifest = _read_manifest(folder)
    try:
        data = (folder / MODEL).read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"there is no model {folder / MODEL}", REMEDY) from error
    except OSError as error:
        raise ModelError(
            f"the model {folder / MODEL} cannot be read: {error.strerror}", REMEDY
        ) from error
    entry = _vouching(manifest, data, folder)
    _refuse_other_versions(entry, folder)
    return StoredModel(_unpickle(data, entry, folder), entry["id"], entry)


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_bytes())
    except FileNotFoundError as error:
        if (folder / MODEL).exists():
            raise ModelError(
                f"the model {folder / MODEL} has no manifest {MANIFEST}, so it is not loaded",
                REMEDY,
            ) from error
        raise ModelError(f"there is no model in {folder}", REMEDY) from error
    except OSError as error:
        raise ModelError(f"the manifest {path} cannot be read: {error.strerror}", REMEDY) from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"the manifest {path} is damaged", REMEDY) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelError(f"{path} is not a manifest of this digitwatch", REMEDY)
    return manifest


def _vouching(manifest: dict[str, Any], data: bytes, folder: Path) -> dict[str, Any]:
    """The entry of the manifest that vouches for these bytes."""
    sha256 = hashlib.sha256(data).hexdigest()
    for entry in (manifest, manifest.get("previous")):
        if isinstance(entry, dict) and entry.get("sha256") == sha256 and _is_whole(entry):
            return entry
    raise ModelError(
        f"the model {folder / MODEL} is damaged or not the one that its manifest describes", REMEDY
    )


def _is_whole(entry: Mapping[str, Any]) -> bool:
    kinds = {"id": str, "versions": dict, "classifier": dict}
    return all(isinstance(entry.get(key), kind) for key, kind in kinds.items())


def _refuse_other_versions(entry: Mapping[str, Any], folder: Path) -> None:
    trained = entry["versions"].get("scikit-learn")
    if trained != sklearn.__version__:
        raise ModelError(
            f"the model {folder / MODEL} was made with scikit-learn {trained}, "
            f"this is {sklearn.__version__}",
            REMEDY,
        )


def _unpickle(data: bytes, entry: Mapping[str, Any], folder: Path) -> Classifier:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            estimator = joblib.load(io.BytesIO(data))
        classifier = Classifier(estimator, entry["classifier"])
        # What cannot read one dot now would fail on every drawing later.
        classifier.predict(features(np.ones((1, 1), np.bool_))[np.newaxis])
    except Exception as error:
        raise ModelError(
            f"the model {folder / MODEL} does not fit this digitwatch ({error})", REMEDY
        ) from error
    return classifier
