"""`digitwatch train`: what is learned, what is kept, what is said."""

import csv
import io
import json

import numpy as np
import pytest
from PIL import Image

from digitwatch import cli
from digitwatch.learning.model_store import load, save
from digitwatch.learning.synthesis import draw_strokes, parse
from tests.learning.openml_cache import keep, like_mnist


@pytest.fixture
def home(tmp_path, monkeypatch, base):
    """A folder to stand in, in which training takes seconds."""
    monkeypatch.setattr("digitwatch.learning.training.draw", lambda *_: base)
    monkeypatch.setattr("digitwatch.learning.lessons.FOLDS", 3)
    (tmp_path / "config.yaml").write_text("jobs: 1\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def trained(home, training):
    """The same with a model in place."""
    (home / "models").mkdir()
    return save(training, home / "models")


def report(home):
    return json.loads((home / "models" / "report.json").read_text(encoding="utf-8"))


def correct(home, answers):
    """Type into the table what the drawings are, by their names."""
    path = home / "outbox" / "predictions.csv"
    table = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline="")))
    for row in table:
        row["correct"] = answers.get(row["file"], "")
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, table[0])
        writer.writeheader()
        writer.writerows(table)


def kite(seed):
    """A 4 as nobody writes it, as a picture."""
    rng = np.random.default_rng(seed)
    mask = draw_strokes(parse("30,0 0,40 30,80 60,40 30,0; 30,0 30,100"), rng, bend=0.05)
    png = io.BytesIO()
    Image.fromarray(np.pad(~mask, 40, constant_values=True)).save(png, "PNG")
    return png.getvalue()


def read_and_correct(home):
    """Twelve such drawings are read, and corrected but for one cell; one of them is there twice."""
    drawings = home / "drawings"
    drawings.mkdir()
    for number in range(12):
        (drawings / f"{number}.png").write_bytes(kite(number))
    (drawings / "copy.png").write_bytes(kite(3))
    assert cli.main(["classify", "drawings", "--jobs", "1"]) == 0
    correct(home, {f"{number}.png": "4" for number in range(11)} | {"11.png": "x", "copy.png": "4"})


def test_corrections_are_learned_and_a_model_that_lacks_them_is_refused(home, trained, capsys):
    read_and_correct(home)
    capsys.readouterr()
    assert cli.main(["train", "--corrections"]) == 0
    shown, said = capsys.readouterr()
    assert "12 marks to learn from in your corrections" in shown
    assert "your own drawings (11)" in shown
    assert "correct 'x'" in said
    taught = load(home / "models")
    assert taught.manifest["training"]["lessons"] == 11
    assert taught.manifest["previous"]["id"] == trained.id
    lessons = report(home)["lessons"]
    assert (lessons["count"], lessons["left_out"], lessons["per_label"][4]) == (11, 1, 11)
    assert lessons["right"] >= 8

    assert cli.main(["train"]) == 1
    said = capsys.readouterr().err
    assert "give --corrections as well" in said
    assert "of 11 your own drawings" in said
    assert f"the old one, {taught.id}" in said
    assert load(home / "models").id == taught.id
    assert report(home)["old_beside_new"]["worse"] == ["your own drawings"]
    assert report(home)["lessons"]["learned"] == 0

    assert cli.main(["train", "--force"]) == 0
    plain = load(home / "models")
    assert "lessons" not in plain.manifest["training"]
    assert report(home)["old_beside_new"]["forced"] is True
    capsys.readouterr()

    assert cli.main(["train", "--rollback"]) == 0
    assert f"Model {taught.id} is back; {plain.id} is kept." in capsys.readouterr().out
    page = (home / "models" / "report.html").read_text(encoding="utf-8")
    assert f"report of the model {plain.id}, which is not in place any more" in page
    assert report(home)["model"] == plain.id
    assert load(home / "models").id == taught.id


def test_labelled_pictures_and_a_data_set_are_learned_together(home, draw, capsys, monkeypatch):
    folder = home / "mine"
    folder.mkdir()
    for digit in range(3):
        (folder / f"{digit}_a.png").write_bytes(draw(digit))
    (folder / "9_bad.png").write_bytes(b"no picture")
    pictures = np.stack([like_mnist(n % 10, n) for n in range(30)])
    keep(home / "cache", "few_digits", pictures, [str(n % 10) for n in range(30)])
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(home / "cache"))

    assert cli.main(["train", "--data", "mine", "--openml", "few_digits"]) == 0
    shown, said = capsys.readouterr()
    assert "3 marks to learn from in mine" in shown
    assert "9_bad.png" in said
    assert "few_digits (5)" in shown
    settings = report(home)["parameters"]
    assert (settings["lessons"], settings["few_digits"]) == (3, 25)


def test_a_model_that_cannot_be_used_is_replaced(home, trained, capsys):
    manifest = home / "models" / "digits.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    content["versions"]["scikit-learn"] = "1.2.0"
    manifest.write_text(json.dumps(content), encoding="utf-8")
    assert cli.main(["train"]) == 0
    assert "no old model to compare with: " in capsys.readouterr().err
    assert load(home / "models").manifest["previous"]["id"] == trained.id


@pytest.mark.parametrize(
    ("arguments", "words", "code"),
    [
        (["--rollback"], "no earlier model", 3),
        (["--rollback", "--corrections"], "--rollback trains nothing", 2),
        (["--data", "nowhere"], "there is no folder", 2),
        (["--rollback", "--seed", "0"], "--rollback trains nothing", 2),
        (["--rollback", "--openml", ""], "--rollback trains nothing", 2),
        (["--openml", "a/b"], "no name of a data set", 2),
        (["--openml", ""], "'' is no name of a data set", 2),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_trained(
    home, trained, capsys, arguments, words, code
):
    assert cli.main(["train", *arguments]) == code
    assert words in capsys.readouterr().err
    assert load(home / "models").id == trained.id
