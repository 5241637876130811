"""Drawings: which files are ours to read, where they are, and getting their bytes."""

import errno
import hashlib
import logging
import math
import os
import stat
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from digitwatch.files import read_in_nobodys_way
from digitwatch.reading.image import SUFFIXES, missing_library

log = logging.getLogger(__name__)

NEVER = (errno.ELOOP, errno.ENAMETOOLONG)
"""Failures to open a file that time does not heal."""

MAX_BYTES = 250_000_000
"""No drawing and no scan is larger; decoding a file that is would take more than 1 GB."""


@dataclass(frozen=True)
class Drawing:
    """A file to read.

    Attributes:
        path: Absolute.
        file: What people see: relative to the inbox or the folder given, forward slashes.
    """

    path: Path
    file: str

    @property
    def key(self) -> str:
        """The path as the ledger keeps it; also for names that are no valid Unicode."""
        return _printable(str(self.path))


@dataclass(frozen=True)
class Content:
    """The bytes of a file and their sha256 in hexadecimal."""

    data: bytes
    sha256: str


NOTHING = Content(b"", "")
"""What is had of a file whose bytes cannot be had."""


def is_drawing(path: PurePath) -> bool:
    """Whether a file is one to read: a picture by its name, hidden or scratch neither.

    Args:
        path: Relative to the folder that is read; what lies in a hidden folder is hidden.
    """
    return _is_picture(path.name) and not is_hidden(path)


def is_hidden(path: PurePath) -> bool:
    """Whether a file is one that people do not see: by its name, or by that of its folder.

    Args:
        path: Relative to the folder that is read.
    """
    return any(map(_hides, path.parts))


def _is_picture(name: str) -> bool:
    # A folder may hold a hundred thousand names: a path object for each would take seconds.
    return os.path.splitext(name)[1].lower() in SUFFIXES  # noqa: PTH122


def _hides(name: str) -> bool:
    return name.startswith((".", "~$"))


def _warn(error: OSError) -> None:
    log.warning("a folder cannot be looked into: %s", error)


def _pass_over(_: Path) -> None:
    """Leave alone what is no picture."""


def drawings_below(
    folder: Path,
    *,
    recursive: bool,
    passed_over: Sequence[Path] = (),
    on_error: Callable[[OSError], None] = _warn,
    on_other: Callable[[Path], None] = _pass_over,
) -> Iterator[Path]:
    """Everything in `folder` that is named like a drawing, in the order of the names.

    Links to folders are not followed, so a loop of links has an end.

    Args:
        folder: The folder.
        recursive: Whether to look into the folders inside it.
        passed_over: Folders that are not looked into.
        on_error: Is told of each folder that is there and cannot be listed; it is passed over.
        on_other: Is told of each file that is named like no drawing and is not hidden either.
    """

    def tell(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):
            on_error(error)

    for place, folders, files in os.walk(folder, onerror=tell):
        here, is_file = Path(place), set(files)
        for name in sorted(folders + files):
            if _hides(name):
                continue
            if _is_picture(name):
                yield here / name
            elif name in is_file:
                on_other(here / name)
        inside = [here / name for name in sorted(folders) if not _hides(name)]
        folders[:] = [
            path.name for path in inside if path not in passed_over and not _is_junction(path)
        ]
        if not recursive:
            folders.clear()


def _is_junction(path: Path) -> bool:
    """Whether this is a Windows link to a folder of the kind that Python 3.11 takes for one."""
    if sys.platform != "win32":
        return False
    try:
        return path.lstat().st_reparse_tag == stat.IO_REPARSE_TAG_MOUNT_POINT
    except OSError:
        return False


def drawing_in(folder: Path, path: Path) -> Drawing:
    """The drawing at `path`, named relative to `folder`."""
    return Drawing(path, _printable(path.relative_to(folder).as_posix()))


def _printable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class CannotLoadError(Exception):
    """The bytes of a file could not be had. The message is what the row's note says.

    A watcher tries again; `patience` is for how many seconds before it says so in a row.
    """

    patience = math.inf


class GoneError(CannotLoadError):
    """The file is not there (any more)."""


class HalfWrittenError(CannotLoadError):
    """Somebody may still be writing the file."""


class DeniedError(CannotLoadError):
    """No permission to read the file, or (on Windows) another program holds it."""

    patience = 3.0


class MissingLibraryError(CannotLoadError):
    """The file is of a kind that needs a library which is not installed."""

    patience = 0.0


class NotADrawingError(CannotLoadError):
    """A folder, a device, a link to nothing: what stands there cannot be read as a file."""

    patience = 0.0


def load(path: Path) -> Content:
    """The bytes of a file, read at one go so that no program is kept from saving it.

    Raises:
        CannotLoadError: See its kinds.
    """
    try:
        before = path.stat()
        _refuse_strangers(before)
        data = read_in_nobodys_way(path)
        after = path.stat()
    except FileNotFoundError as error:
        if path.is_symlink():
            raise NotADrawingError("this is a link to nothing") from error
        raise GoneError("the file is gone") from error
    except PermissionError as error:
        raise DeniedError("no permission to read it, or another program holds it") from error
    except OSError as error:
        kind = NotADrawingError if error.errno in NEVER else CannotLoadError
        raise kind(f"it cannot be opened: {error.strerror or error}") from error
    except ValueError as error:
        raise NotADrawingError("its name cannot be opened") from error
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise HalfWrittenError("the file is being written to")
    if missing := missing_library(data):
        raise MissingLibraryError(missing)
    return Content(data, hashlib.sha256(data).hexdigest())


def _refuse_strangers(status: os.stat_result) -> None:
    """Refuse what is no file before it is opened: a pipe named like a picture blocks for ever."""
    if stat.S_ISDIR(status.st_mode):
        raise NotADrawingError("this is a folder, not a picture")
    if not stat.S_ISREG(status.st_mode):
        raise NotADrawingError("this is not an ordinary file")
    if status.st_size > MAX_BYTES:
        raise NotADrawingError(f"the file is too large ({status.st_size >> 20} MB)")
