"""Errors that a person sees: one line that says what, which file, and what to do about it."""


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
    """Another watcher works on the same outbox."""

    exit_code = 4


class OutboxError(DigitwatchError):
    """The outbox cannot be used now: a full disk, a missing right, a drive that is gone."""


class UnreadableImageError(DigitwatchError):
    """The bytes are no picture that can be read. The message is what the row's note says."""
