import os
from pathlib import Path, PureWindowsPath

import pytest

from digitwatch.running.drawings import (
    DeniedError,
    Drawing,
    GoneError,
    NotADrawingError,
    drawing_in,
    drawings_below,
    is_drawing,
    load,
)


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("7.png", True),
        ("7.PNG", True),
        ("seven.bmp", True),
        ("a.jpeg", True),
        ("a.jfif", True),
        ("a.b.tif", True),
        ("a.webp", True),
        ("a.gif", True),
        ("\N{GRINNING FACE}.png", True),
        ("=1+1.png", True),
        ("a.txt", False),
        ("a", False),
        ("png", False),
        (".png", False),
        (".hidden.png", False),
        ("~$a.png", False),
        ("a.png.tmp", False),
        ("a.png.part", False),
        ("Thumbs.db", False),
        ("desktop.ini", False),
    ],
)
def test_whether_a_file_is_ours(name, is_ours):
    assert is_drawing(Path(name)) is is_ours
    assert is_drawing(PureWindowsPath("sub", name)) is is_ours
    assert not is_drawing(PureWindowsPath(".trash", name))


def test_drawings_are_found_in_the_order_of_their_names_and_below(tmp_path):
    (tmp_path / "sub").mkdir()
    for name in ("b.png", "a.bmp", "notes.txt", "sub/c.gif"):
        (tmp_path / name).touch()
    found = [path.name for path in drawings_below(tmp_path, recursive=True)]
    assert found == ["a.bmp", "b.png", "c.gif"]
    assert [path.name for path in drawings_below(tmp_path, recursive=False)] == ["a.bmp", "b.png"]


def test_a_loop_of_links_has_an_end(tmp_path):
    (tmp_path / "a.png").touch()
    try:
        (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("links need a right that this account lacks")
    assert list(drawings_below(tmp_path, recursive=True)) == [tmp_path / "a.png"]


def test_a_drawing_is_named_relative_to_its_folder_with_forward_slashes(tmp_path):
    drawing = drawing_in(tmp_path, tmp_path / "sub" / "a.png")
    assert drawing == Drawing(tmp_path / "sub" / "a.png", "sub/a.png")


def test_a_name_that_is_no_unicode_can_still_be_kept(tmp_path):
    drawing = drawing_in(tmp_path, tmp_path / "a\udcff.png")
    assert drawing.file == "a\\udcff.png"
    drawing.key.encode("utf-8")


def test_bytes_and_their_sha256_are_loaded(tmp_path):
    (tmp_path / "a.png").write_bytes(b"abc")
    content = load(tmp_path / "a.png")
    assert content.data == b"abc"
    assert content.sha256.startswith("ba7816bf")


def test_what_is_no_file_is_told_from_what_is_not_there(tmp_path):
    (tmp_path / "x.png").mkdir()
    with pytest.raises(NotADrawingError, match="folder"):
        load(tmp_path / "x.png")
    with pytest.raises(GoneError):
        load(tmp_path / "gone.png")
    with pytest.raises(NotADrawingError, match="name"):
        load(tmp_path / "nul\0.png")


@pytest.mark.parametrize(("target", "words"), [("nowhere", "link to nothing"), ("x.png", "opened")])
def test_a_link_that_leads_nowhere_is_no_drawing(tmp_path, target, words):
    try:
        (tmp_path / "x.png").symlink_to(tmp_path / target)
    except OSError:
        pytest.skip("links need a right that this account lacks")
    if not (tmp_path / "x.png").is_symlink():
        pytest.skip("links are not told from files here")
    with pytest.raises(NotADrawingError, match=words):
        load(tmp_path / "x.png")


def test_hidden_folders_are_not_looked_into(tmp_path):
    (tmp_path / ".trash").mkdir()
    (tmp_path / ".trash" / "a.png").touch()
    assert list(drawings_below(tmp_path, recursive=True)) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_named_like_a_picture_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(NotADrawingError, match="ordinary"):
        load(tmp_path / "pipe.png")


def test_a_missing_right_is_told_apart_because_it_may_pass(tmp_path, monkeypatch):
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    (tmp_path / "a.png").touch()
    monkeypatch.setattr("digitwatch.running.drawings.read_in_nobodys_way", refuse)
    with pytest.raises(DeniedError):
        load(tmp_path / "a.png")
