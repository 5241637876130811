import copy
import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
import pytest

from digitwatch.errors import ModelError
from digitwatch.learning.classifier import Classifier
from digitwatch.learning.model_store import (
    MANIFEST,
    MODEL,
    PREVIOUS,
    files_of,
    is_stored,
    load,
    roll_back,
    save,
)
from digitwatch.running.sightings import Changes


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


def _mistyped(key, value):
    return lambda folder: edit(folder, **{key: value})


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
        (_mistyped("lessons", [1]), "damaged or not the one"),
        (_mistyped("training", "mnist_784"), "damaged or not the one"),
        (_mistyped("seed", -1), "damaged or not the one"),
        (_mistyped("seed", "0"), "damaged or not the one"),
        (_mistyped("unshuffled_wrong", [["x"]]), "damaged or not the one"),
        (_mistyped("unshuffled_wrong", None), "damaged or not the one"),
    ],
)
def test_what_the_manifest_does_not_vouch_for_is_never_unpickled(folder, monkeypatch, spoil, words):
    spoil(folder)
    monkeypatch.setattr(joblib, "load", lambda *_: pytest.fail("it was unpickled"))
    with pytest.raises(ModelError, match=words) as caught:
        load(folder)
    assert "digitwatch train" in str(caught.value)


@pytest.mark.parametrize("name", [MODEL, MANIFEST])
def test_a_file_that_cannot_be_opened_is_named_with_a_remedy_that_fits(folder, name):
    (folder / name).unlink()
    (folder / name).mkdir()
    with pytest.raises(ModelError, match=rf"{name} cannot be read: .*; (move away|give the right)"):
        load(folder)


def test_a_stranger_in_the_model_file_is_refused(folder):
    joblib.dump({"weights": [1, 2]}, folder / MODEL)
    with pytest.raises(ModelError, match="damaged or not the one"):
        load(folder)


def test_a_model_that_its_manifest_vouches_for_and_that_cannot_read_is_refused(folder):
    joblib.dump({"weights": [1, 2]}, folder / MODEL)
    edit(folder, sha256=hashlib.sha256((folder / MODEL).read_bytes()).hexdigest())
    with pytest.raises(ModelError, match="does not fit"):
        load(folder)


@pytest.fixture
def another(training):
    """A training whose model has other bytes."""
    estimator = copy.deepcopy(training.classifier.estimator)
    estimator.marked = "another"
    return replace(training, classifier=Classifier(estimator, training.classifier.parameters))


def test_a_new_model_takes_the_place_of_the_old_one_which_is_kept(another, folder):
    old = load(folder)
    new = save(another, folder)
    assert load(folder).id == new.id != old.id
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert manifest["previous"]["id"] == old.id
    kept = (folder / PREVIOUS).read_bytes()
    assert hashlib.sha256(kept).hexdigest() == manifest["previous"]["sha256"]


def test_rolling_back_brings_the_old_model_back_and_again_the_new_one(another, folder):
    old = load(folder)
    new = save(another, folder)
    model, before = roll_back(folder)
    assert (model.id, before, load(folder).id) == (old.id, new.id, old.id)
    model, before = roll_back(folder)
    assert (model.id, before, load(folder).id) == (new.id, old.id, new.id)


def test_a_watcher_notices_that_the_model_was_rolled_back(another, folder):
    save(another, folder)
    changes = Changes(*files_of(folder))
    assert not changes.settled(now=0.0, settle_seconds=0.0)
    roll_back(folder)
    assert changes.settled(now=1.0, settle_seconds=0.0)


def test_training_the_same_model_again_keeps_the_one_before(another, folder):
    old = load(folder)
    save(another, folder)
    save(another, folder)
    assert roll_back(folder)[0].id == old.id


def test_rolling_back_replaces_a_damaged_model(another, folder):
    old = load(folder)
    save(another, folder)
    _damage(folder)
    model, before = roll_back(folder)
    assert (model.id, before, load(folder).id) == (old.id, "", old.id)


def test_where_there_is_no_earlier_model_rolling_back_says_so_and_changes_nothing(folder):
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(ModelError, match="no earlier model"):
        roll_back(folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_an_earlier_model_of_another_scikit_learn_stays_where_it_is(another, folder):
    _age(folder)
    new = save(another, folder)
    with pytest.raises(ModelError, match=rf"{PREVIOUS} was made with scikit-learn 1\.2\.0"):
        roll_back(folder)
    assert load(folder).id == new.id


def test_an_earlier_model_that_cannot_read_is_named_and_stays_where_it_is(another, folder):
    joblib.dump({"weights": [1, 2]}, folder / MODEL)
    edit(folder, sha256=hashlib.sha256((folder / MODEL).read_bytes()).hexdigest())
    new = save(another, folder)
    with pytest.raises(ModelError, match=f"{PREVIOUS} does not fit"):
        roll_back(folder)
    assert load(folder).id == new.id


class PowerCutError(Exception):
    pass


@pytest.fixture
def cut_power(monkeypatch):
    """Let the power go just before a file would be replaced: the first, the second, ..."""
    replace_file = Path.replace

    def at(step):
        steps = iter(range(100))

        def replace_until_then(path, target):
            if next(steps) == step:
                raise PowerCutError(path)
            return replace_file(path, target)

        monkeypatch.setattr(Path, "replace", replace_until_then)

    return at


@pytest.mark.parametrize("step", range(4))
def test_wherever_saving_is_cut_short_a_whole_model_is_in_place(
    another, folder, cut_power, monkeypatch, step
):
    old = load(folder)
    cut_power(step)
    with pytest.raises(PowerCutError):
        save(another, folder)
    monkeypatch.undo()
    now = load(folder).id
    assert (now == old.id) is (step < 3)
    new = save(another, folder)
    assert load(folder).id == new.id
    assert roll_back(folder)[0].id == old.id


@pytest.mark.parametrize("step", range(4))
def test_wherever_rolling_back_is_cut_short_both_models_are_still_there(
    another, folder, cut_power, monkeypatch, step
):
    both = {load(folder).id, save(another, folder).id}
    cut_power(step)
    with pytest.raises(PowerCutError):
        roll_back(folder)
    monkeypatch.undo()
    now = load(folder).id
    assert {now, roll_back(folder)[0].id} == both


def test_saving_and_rolling_back_take_four_steps_each(another, folder, cut_power):
    cut_power(4)
    save(another, folder)
    cut_power(4)
    roll_back(folder)


def test_saving_leaves_nothing_but_the_two_models_and_their_manifest(another, folder):
    save(another, folder)
    assert {path.name for path in folder.iterdir()} == {MODEL, PREVIOUS, MANIFEST}
