import hashlib
import json
import shutil

import joblib
import numpy as np
import pytest

from digitwatch.errors import ModelError
from digitwatch.files import write_atomically
from digitwatch.learning.model_store import MANIFEST, MODEL, is_stored, load, save


@pytest.fixture
def folder(models, tmp_path):
    copy = tmp_path / "models"
    shutil.copytree(models, copy)
    return copy


def edit(folder, **changes):
    path = folder / MANIFEST
    manifest = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(manifest | changes), encoding="utf-8")


def test_a_saved_model_predicts_as_before(training, folder):
    stored = load(folder)
    shape = (20, training.classifier.estimator.n_features_in_)
    features = np.random.default_rng(0).uniform(0, 16, shape).astype(np.float32)
    assert stored.classifier.predict(features) == training.classifier.predict(features)
    assert stored.id.startswith("m")


def test_the_model_file_is_scikit_learns_own(folder):
    assert type(joblib.load(folder / MODEL)).__module__.startswith("sklearn.")


def test_the_manifest_says_what_made_the_model_and_what_it_scored(folder):
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["seed"] == 0
    assert set(manifest["versions"]) == {"digitwatch", "scikit-learn", "numpy", "python"}
    assert {"load_digits, shuffled split", "load_digits, unshuffled split"} <= set(
        manifest["scores"]
    )
    assert manifest["training"]


def test_a_folder_without_a_model_says_so(tmp_path):
    assert not is_stored(tmp_path)
    with pytest.raises(ModelError, match=r"there is no model .*digitwatch train") as caught:
        load(tmp_path)
    assert caught.value.exit_code == 3


def _damage(folder):
    path = folder / MODEL
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _remove_model(folder):
    (folder / MODEL).unlink()


def _remove_manifest(folder):
    (folder / MANIFEST).unlink()


def _age(folder):
    edit(folder, versions={"scikit-learn": "1.2.0"})


def _strange_manifest(folder):
    (folder / MANIFEST).write_text('{"name": "somebody else\'s"}', encoding="utf-8")


def _torn_manifest(folder):
    (folder / MANIFEST).write_text('{"format": "digitw', encoding="utf-8")


def _deep_manifest(folder):
    (folder / MANIFEST).write_text("[" * 100_000, encoding="utf-8")


def _nameless_manifest(folder):
    edit(folder, id=["m1"])


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_damage, "is damaged"),
        (_remove_model, "there is no model"),
        (_remove_manifest, "has no manifest"),
        (_age, "scikit-learn 1.2.0"),
        (_strange_manifest, "not a manifest of this digitwatch"),
        (_torn_manifest, "is damaged"),
        (_deep_manifest, "is damaged"),
        (_nameless_manifest, "damaged or not the one"),
    ],
)
def test_what_the_manifest_does_not_vouch_for_is_never_unpickled(folder, monkeypatch, spoil, words):
    spoil(folder)
    monkeypatch.setattr(joblib, "load", lambda *_: pytest.fail("it was unpickled"))
    with pytest.raises(ModelError, match=words) as caught:
        load(folder)
    assert "digitwatch train" in str(caught.value)


def test_a_stranger_in_the_model_file_is_refused(folder):
    joblib.dump({"weights": [1, 2]}, folder / MODEL)
    with pytest.raises(ModelError, match="damaged or not the one"):
        load(folder)


def test_a_model_that_its_manifest_vouches_for_and_that_cannot_read_is_refused(folder):
    joblib.dump({"weights": [1, 2]}, folder / MODEL)
    edit(folder, sha256=hashlib.sha256((folder / MODEL).read_bytes()).hexdigest())
    with pytest.raises(ModelError, match="does not fit"):
        load(folder)


def test_when_saving_is_cut_short_the_old_model_is_still_the_model(training, folder, monkeypatch):
    old = load(folder)

    def power_cut(path, data):
        if path.name == MODEL:
            raise OSError("the power went")
        write_atomically(path, data)

    monkeypatch.setattr("digitwatch.learning.model_store.write_atomically", power_cut)
    monkeypatch.setattr(joblib, "dump", lambda _, file, **__: file.write(b"new"))
    with pytest.raises(OSError, match="power"):
        save(training, folder)
    assert load(folder).id == old.id
