"""Drawings that were read, moved to `done/` where a person wants that."""

import errno
import hashlib
import os
import shutil
from pathlib import Path

from digitwatch.errors import OutboxError
from digitwatch.files import write_atomically
from digitwatch.recording.record import Record

LONGEST_STEM = 200
"""Bytes: file systems take names of 255."""


def move_to_done(path: Path, record: Record, outbox: Path) -> None:
    """Move a drawing that was read to the outbox's `done/`, where its name tells the record.

    A drawing that was overwritten in the last instant is another one than was read: it goes
    back to where it was. A link stays, since it may lead elsewhere from another folder.

    Raises:
        OutboxError: It cannot be moved now, and is where it was.
    """
    if path.is_symlink():
        return
    stem = path.stem
    while len(os.fsencode(stem)) > LONGEST_STEM:
        stem = stem[:-1]
    target = outbox / "done" / f"{stem}_{record.id}{path.suffix}"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _move(path, target, record.sha256)
    except OSError as error:
        raise OutboxError(f"{path} cannot be moved to {target.parent}: {error}") from error


def _move(path: Path, target: Path, sha256: str) -> None:
    try:
        path.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _move_to_other_disk(path, target, sha256)
        return
    if _sha256(target.read_bytes()) != sha256:
        # Yet another drawing may stand there by now.
        target.rename(path.with_stem(f"{path.stem}-{target.stem}") if path.exists() else path)


def _move_to_other_disk(path: Path, target: Path, sha256: str) -> None:
    data = path.read_bytes()
    if _sha256(data) != sha256:
        return
    write_atomically(target, data)
    shutil.copystat(path, target)
    if _sha256(path.read_bytes()) == sha256:
        path.unlink()
    else:
        target.unlink()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
