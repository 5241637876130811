import io
from dataclasses import replace
from pathlib import Path, PurePath

import numpy as np
import pytest
from PIL import Image

from digitwatch.errors import ConfigError
from digitwatch.running.explain import explain, why_skipped


def saved(picture: Image.Image, form: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def side_by_side(*pictures: bytes) -> Image.Image:
    return Image.fromarray(np.hstack([np.asarray(opened(data)) for data in pictures]))


@pytest.fixture
def explained(tmp_path, reader):
    """Explains these bytes, saved under this name."""

    def run(data: bytes, name: str = "drawing.png"):
        (tmp_path / name).write_bytes(data)
        return explain(tmp_path / name, tmp_path / "explained", reader)

    return run


@pytest.mark.parametrize(("review_below", "status"), [(1, "ok"), (100, "review")])
def test_the_sentence_says_what_the_reader_reads(tmp_path, reader, draw, review_below, status):
    strict = replace(reader, review_below=review_below)
    path = tmp_path / "seven.png"
    path.write_bytes(draw(7))
    (page,) = strict.read(path.read_bytes(), path.name)
    (mark,) = page.marks
    assert page.status == status
    sentence = explain(path, tmp_path / "explained", strict).sentence
    assert sentence.startswith(f"It is read as {mark.digit}, {int(100 * mark.confidence)} %")
    assert ("left for review" in sentence) == (status == "review")


def test_the_picture_shows_every_step(explained, draw):
    explanation = explained(draw(7), "a seven.png")
    assert explanation.picture.name == "a-seven.png"
    picture = opened(explanation.picture.read_bytes())
    assert picture.width == 1200
    assert len(set(picture.get_flattened_data())) > 20


def test_of_many_digits_the_least_sure_are_shown(explained, draw):
    few, many = (
        explained(saved(side_by_side(*map(draw, digits)))) for digits in (range(2), range(6))
    )
    assert few.sentence.startswith("2 marks are read: ")
    assert many.sentence.startswith("6 marks are read: ")
    assert "The least sure, mark " in many.sentence


def test_of_several_pages_the_first_is_explained(explained, draw):
    second = opened(draw(3))
    data = saved(opened(draw(7)), "TIFF", save_all=True, append_images=[second])
    assert explained(data, "scan.tif").sentence.startswith("Its first page: It is ")


def test_a_first_page_before_a_damaged_one_is_explained(explained, draw):
    data = saved(opened(draw(7)), "GIF", save_all=True, append_images=[opened(draw(3))])
    assert explained(data[:-40], "a.gif").sentence.startswith("Its first page: It is ")


def test_a_blank_page_has_a_picture_that_shows_it(explained):
    explanation = explained(saved(Image.new("L", (60, 40), 255)))
    assert explanation.sentence.startswith("Nothing is drawn on it")
    assert explanation.picture is not None


@pytest.mark.parametrize(("width", "height"), [(1, 1), (2000, 1), (1, 2000), (900, 60)])
def test_a_page_of_any_shape_is_explained(explained, width, height):
    picture = Image.new("L", (width, height), 255)
    picture.paste(0, (width // 3, height // 3, width // 3 + 9, height // 3 + 30))
    assert explained(saved(picture)).picture is not None


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("a.png", b"", "a.png cannot be read: the file is empty."),
        ("a.png", b"no picture", "a.png cannot be read: this is not a picture"),
        ("a.txt", b"no picture", "a.txt is skipped: its name does not end in .avif"),
        (".a.png", b"no picture", ".a.png is skipped: names that begin with"),
    ],
)
def test_a_file_with_nothing_to_see_is_explained_in_words(explained, name, data, sentence):
    explanation = explained(data, name)
    assert explanation.sentence.startswith(sentence)
    assert explanation.picture is None


def test_a_file_that_was_cut_off_says_so(explained, draw):
    assert (
        explained(draw(7)[:-200]).sentence == "drawing.png cannot be read: the picture is cut off."
    )


def test_a_picture_of_another_name_is_skipped_and_shown_all_the_same(explained, draw):
    explanation = explained(draw(7), "seven.txt")
    assert explanation.sentence.startswith("seven.txt is skipped: ")
    assert "This is what would be read. It is " in explanation.sentence
    assert explanation.picture is not None


def test_a_folder_is_explained_and_what_is_not_there_is_refused(tmp_path, reader):
    explanation = explain(tmp_path, tmp_path / "explained", reader)
    assert (
        explanation.sentence == f"{tmp_path.name} cannot be read: this is a folder, not a picture."
    )
    assert explanation.picture is None
    with pytest.raises(ConfigError, match="there is no file"):
        explain(tmp_path / "gone.png", tmp_path / "explained", reader)
    assert not (tmp_path / "explained").exists()


def test_where_a_file_lies_does_not_make_it_a_hidden_one(tmp_path, reader, draw, monkeypatch):
    (tmp_path / "here").mkdir()
    (tmp_path / "seven.png").write_bytes(draw(7))
    monkeypatch.chdir(tmp_path / "here")
    explanation = explain(Path("../seven.png"), tmp_path / "explained", reader)
    assert "skipped" not in explanation.sentence


@pytest.mark.parametrize("name", ["a.png", "a.JPG", "folder/a.tiff", "~a.png"])
def test_a_drawing_is_not_skipped(name):
    assert why_skipped(PurePath(name)) == ""
