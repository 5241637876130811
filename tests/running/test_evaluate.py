import io
import json

import pytest
from PIL import Image

from digitwatch.errors import ConfigError
from digitwatch.running.evaluate import evaluate, keep


@pytest.fixture
def labelled(tmp_path, draw):
    """A folder of labelled drawings, with what people also leave in such a folder."""
    folder = tmp_path / "labelled"
    for name, data in {
        "7_seven.png": draw(7),
        "people/3/drawn.png": draw(3),
        "people/1_a.bmp": draw(1, "BMP"),
        "nondigit/white.png": white(),
        "4_bad.png": b"no picture",
        "who knows.png": draw(2),
        "notes.txt": b"7",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def white() -> bytes:
    png = io.BytesIO()
    Image.new("L", (60, 40), 255).save(png, "PNG")
    return png.getvalue()


def silent(_count: int, _total: int) -> None:
    pass


def test_every_labelled_file_is_read_as_classify_would_read_it(labelled, reader):
    evaluation = evaluate(labelled, reader, silent).evaluation
    read = {one.file: one for one in evaluation.outcomes}
    assert read["nondigit/white.png"].status == "blank"
    assert read["4_bad.png"].status == "error"
    assert evaluation.skipped == ("who knows.png",)
    for file, truth in {"7_seven.png": 7, "people/3/drawn.png": 3, "people/1_a.bmp": 1}.items():
        (page,) = reader.read((labelled / file).read_bytes(), file)
        (mark,) = page.marks
        assert read[file].truth == truth
        assert read[file].digits == mark.text
        assert read[file].status == page.status


def test_the_results_are_a_page_a_contact_sheet_and_the_figures(labelled, tmp_path, reader):
    output = tmp_path / "outbox" / "evaluation"
    results = evaluate(labelled, reader, silent)
    page = keep(results, output)
    assert {path.name for path in output.iterdir()} == {
        "contact_sheet.png",
        "evaluation.html",
        "evaluation.json",
    }
    figures = json.loads((output / "evaluation.json").read_text(encoding="utf-8"))
    assert figures == json.loads(json.dumps(results.evaluation.figures()))
    assert 'src="contact_sheet.png"' in page.read_text(encoding="utf-8")
    with Image.open(output / "contact_sheet.png") as sheet:
        assert sheet.width == 1504


def test_progress_is_told_after_each_file(labelled, reader):
    told = []
    evaluate(labelled, reader, lambda *counts: told.append(counts))
    assert told == [(count, 5) for count in range(1, 6)]


def test_the_time_of_each_file_is_measured(labelled, reader):
    ticks = iter(range(100))
    results = evaluate(labelled, reader, silent, clock=lambda: next(ticks))
    assert {one.seconds for one in results.evaluation.outcomes} == {1}


def test_a_drawing_on_which_digitwatch_fails_is_wrong_and_the_next_is_read(
    labelled, reader, monkeypatch
):
    def fail_on_four(data, name, read=reader.read):
        if name == "4_bad.png":
            raise ZeroDivisionError
        return read(data, name)

    monkeypatch.setattr(type(reader), "read", lambda _self, data, name: fail_on_four(data, name))
    evaluation = evaluate(labelled, reader, silent).evaluation
    assert {one.file: one.status for one in evaluation.outcomes}["4_bad.png"] == "error"
    assert len(evaluation.outcomes) == 5


def test_a_file_that_vanishes_is_wrong(labelled, reader):
    def vanish(count, _total):
        if count == 1:
            (labelled / "people" / "1_a.bmp").unlink()

    evaluation = evaluate(labelled, reader, vanish).evaluation
    assert {one.file: one.status for one in evaluation.outcomes}["people/1_a.bmp"] == "error"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (None, "there is no folder"),
        ("notes.txt", "there is no image in"),
        ("drawing.png", "there is no labelled image in"),
    ],
)
def test_a_folder_without_a_labelled_image_is_refused_with_the_rule(tmp_path, reader, file, words):
    folder = tmp_path / "folder"
    if file:
        folder.mkdir()
        (folder / file).write_bytes(b"")
    with pytest.raises(ConfigError, match=words) as caught:
        evaluate(folder, reader, silent)
    assert caught.value.remedy
