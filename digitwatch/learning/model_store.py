"""The model on the disk: a joblib file, and the manifest that vouches for it.

Unpickling runs code, so nothing is unpickled that the manifest does not vouch for. That finds
damage, mix-ups and other versions; it is no defence against somebody who can write both files.
"""

import hashlib
import io
import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np

from digitwatch.errors import ModelError, remedy_for, writing
from digitwatch.files import write_atomically
from digitwatch.learning import manifest as manifests
from digitwatch.learning.classifier import Classifier
from digitwatch.learning.manifest import REMEDY
from digitwatch.learning.training import Training
from digitwatch.reading.grid import features

MODEL = "digits.joblib"
PREVIOUS = "digits.previous.joblib"
SPARE = ".digits.spare.joblib"
"""The model that is about to be the previous one, while both files hold others."""
MANIFEST = "digits.json"


@dataclass(frozen=True)
class StoredModel:
    """A model that was loaded, with what its manifest says.

    Attributes:
        classifier: Ready to predict.
        id: Short text by which the CSV names the model.
        manifest: See `manifest.describe`.
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
        WriteError: The folder cannot be written to; the old model is untouched.
    """
    buffer = io.BytesIO()
    joblib.dump(training.classifier.estimator, buffer, compress=3)
    data = buffer.getvalue()
    manifest = manifests.describe(training, hashlib.sha256(data).hexdigest())
    with writing(folder):
        _install(_Stored(data, manifest), folder)
    return StoredModel(training.classifier, manifest["id"], manifest)


def roll_back(folder: Path) -> tuple[StoredModel, str]:
    """Bring the previous model back; done again, it brings back the one that was in its place.

    Returns:
        The model that is in place now, and the id of the one before it; empty where that was of
        no use.

    Raises:
        ModelError: There is no previous model, or none that can be used.
        WriteError: The folder cannot be written to; the models are untouched.
    """
    with writing(folder):
        _finish(folder)
    current = _current(folder)
    previous = _vouched(folder, PREVIOUS)
    if previous is None or (current and previous.data == current.data):
        raise ModelError(f"there is no earlier model in {folder}", "train one: digitwatch train")
    manifests.refuse_other_versions(previous.entry, folder / PREVIOUS)
    classifier = _unpickle(previous.data, previous.entry, folder / PREVIOUS)
    with writing(folder):
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
        manifest = manifests.read(*files_of(folder))
        return _Stored(data, manifests.vouching(manifest, data, folder / name))
    except (ModelError, OSError):
        return None


def _without_previous(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "previous"}


def entry_of(folder: Path) -> Mapping[str, Any] | None:
    """The manifest of the model that is there now, None where there is none that it vouches for."""
    current = _current(folder)
    return current.entry if current else None


def load(folder: Path) -> StoredModel:
    """Load the model from `folder` after its manifest has vouched for it.

    Raises:
        ModelError: There is none, or it is damaged, not ours, or of another scikit-learn.
    """
    manifest = manifests.read(*files_of(folder))
    try:
        data = (folder / MODEL).read_bytes()
    except FileNotFoundError as error:
        raise ModelError(f"there is no model {folder / MODEL}", REMEDY) from error
    except OSError as error:
        raise ModelError(
            f"the model {folder / MODEL} cannot be read: {error.strerror}", remedy_for(error)
        ) from error
    entry = manifests.vouching(manifest, data, folder / MODEL)
    manifests.refuse_other_versions(entry, folder / MODEL)
    return StoredModel(_unpickle(data, entry, folder / MODEL), entry["id"], entry)


def _unpickle(data: bytes, entry: Mapping[str, Any], path: Path) -> Classifier:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            estimator = joblib.load(io.BytesIO(data))
        classifier = Classifier(estimator, entry["classifier"])
        # What cannot read one dot now would fail on every drawing later.
        classifier.predict(features(np.ones((1, 1), np.bool_))[np.newaxis])
    except Exception as error:
        raise ModelError(
            f"the model {path} does not fit this digitwatch ({error})", REMEDY
        ) from error
    return classifier
