"""Errors that a person sees: one line that says what, which file, and what to do about it."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REMEDIES = {
    "free some space there, or give another place": (errno.ENOSPC, errno.EDQUOT, errno.EFBIG),
    "make its folder, or give another place": (errno.ENOENT,),
    "give the right to it, or close it where it is open": (errno.EACCES, errno.EPERM),
    "give a place that may be written to": (errno.EROFS,),
    "move away what bears that name, or give another place": (
        errno.EISDIR,
        errno.ENOTDIR,
        errno.EEXIST,
    ),
    "give a shorter or plainer name": (errno.ENAMETOOLONG, errno.EINVAL),
}
"""What a person can do about what the system refuses to write, and the reasons that it fits."""


class DigitwatchError(Exception):
    """A failure with an exit code and a remedy.

    The message says what is wrong and with which file or key; `remedy` says what to do about it.
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}; {self.remedy}" if self.remedy else message


class ConfigError(DigitwatchError):
    """The configuration or the command line cannot be used."""

    exit_code = 2


class ModelError(DigitwatchError):
    """There is no model that may be used."""

    exit_code = 3


class AlreadyRunningError(DigitwatchError):
    """Another watcher, or another review, works on the same outbox."""

    exit_code = 4


class OutboxError(DigitwatchError):
    """The outbox cannot be used now: a full disk, a missing right, a drive that is gone."""


class UnreadableImageError(DigitwatchError):
    """The bytes are no picture that can be read. The message is what the row's note says."""


class WriteError(DigitwatchError):
    """A file cannot be written. It is named as the person knows it, whatever was tried first."""

    def __init__(self, path: Path, error: OSError) -> None:
        super().__init__(f"{path} cannot be written: {error.strerror or error}", remedy_for(error))


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Whatever the system refuses inside the block is said of `path`, the file or folder meant.

    Raises:
        WriteError: In place of every OSError.
    """
    try:
        yield
    except OSError as error:
        raise WriteError(path, error) from error


def remedy_for(error: OSError) -> str:
    """What a person can do about what the system refused to write."""
    for remedy, reasons in REMEDIES.items():
        if error.errno in reasons:
            return remedy
    return "look whether its drive is there, or give another place"


def in_words(error: DigitwatchError | OSError) -> str:
    """An error as a person sees it; also one of the system that nobody expected has a remedy."""
    if isinstance(error, DigitwatchError):
        return str(error)
    reason = error.strerror or str(error)
    what = f"{error.filename}: {reason}" if error.filename else reason
    return f"{what}; {remedy_for(error)}"
