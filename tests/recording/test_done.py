import errno
import hashlib
import os
from pathlib import Path

import pytest

from digitwatch.recording.done import move_to_done
from tests.recording.making import make_record


@pytest.fixture
def outbox(tmp_path):
    return tmp_path / "outbox"


def test_a_read_drawing_is_moved_to_done_without_overwriting_anything(outbox, tmp_path):
    for name in ("one", "two"):
        drawing = tmp_path / "seven.png"
        drawing.write_bytes(name.encode())
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        move_to_done(drawing, make_record(name, sha256=sha256), outbox)
        assert not drawing.exists()
    done = outbox / "done"
    assert {path.read_bytes() for path in done.iterdir()} == {b"one", b"two"}


def test_a_drawing_that_was_overwritten_before_it_was_moved_goes_back(outbox, tmp_path):
    drawing = tmp_path / "seven.png"
    drawing.write_bytes(b"another drawing than was read")
    move_to_done(drawing, make_record(sha256=hashlib.sha256(b"seven").hexdigest()), outbox)
    assert drawing.read_bytes() == b"another drawing than was read"
    assert not list((outbox / "done").iterdir())


def test_a_drawing_is_moved_to_another_disk_by_copying_it(outbox, tmp_path, monkeypatch):
    drawing = tmp_path / "seven.png"
    drawing.write_bytes(b"seven")
    replace = Path.replace

    def far_away(self, target):
        if self == drawing:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", far_away)
    move_to_done(drawing, make_record(sha256=hashlib.sha256(b"seven").hexdigest()), outbox)
    (moved,) = (outbox / "done").iterdir()
    assert moved.read_bytes() == b"seven"
    assert not drawing.exists()


def test_a_drawing_that_was_overwritten_before_it_was_copied_to_another_disk_stays(
    outbox, tmp_path, monkeypatch
):
    def far_away(*_):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    drawing = tmp_path / "seven.png"
    drawing.write_bytes(b"another drawing than was read")
    monkeypatch.setattr(Path, "replace", far_away)
    move_to_done(drawing, make_record(sha256=hashlib.sha256(b"seven").hexdigest()), outbox)
    assert drawing.read_bytes() == b"another drawing than was read"
    assert not list((outbox / "done").iterdir())


@pytest.mark.skipif(os.name == "nt", reason="making links needs a right on Windows")
def test_a_link_stays_where_it_leads_somewhere(outbox, tmp_path):
    (tmp_path / "real.png").write_bytes(b"seven")
    (tmp_path / "link.png").symlink_to("real.png")
    move_to_done(
        tmp_path / "link.png", make_record(sha256=hashlib.sha256(b"seven").hexdigest()), outbox
    )
    assert (tmp_path / "link.png").is_symlink()
