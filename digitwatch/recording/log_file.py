"""digitwatch.log: what the watcher did, kept small by rotation."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

BYTES = 1_000_000
OLD_FILES = 3


class LogFile(RotatingFileHandler):
    """A rotating log that hinders nobody: what goes wrong with it is told, and tried again.

    `on_trouble` gets the reason when a line cannot be written, and an empty one when it could be
    again.
    """

    def __init__(self, path: Path, on_trouble: Callable[[str], None]) -> None:
        super().__init__(
            path, maxBytes=BYTES, backupCount=OLD_FILES, encoding="utf-8",
            errors="backslashreplace", delay=True,
        )  # fmt: skip
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        self._on_trouble = on_trouble
        self._trouble = ""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        before, self._trouble = self._trouble, ""
        if self.stream and not os.path.exists(self.baseFilename):  # noqa: PTH110 - Path may raise
            self.stream.close()
            self.stream = self._open()
        super().emit(record)
        if self._trouble != before:
            self._on_trouble(self._trouble)

    def doRollover(self) -> None:  # noqa: N802 - the name is logging's
        """Begin a new file, unless another program has this one open: then it grows on."""
        path = Path(self.baseFilename)
        if self.stream:
            self.stream.close()
        try:
            path.rename(path.with_suffix(".rolling")).rename(path)  # before older ones are moved
            super().doRollover()
        except OSError:
            pass
        finally:
            self.stream = self._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 - logging's
        """Remember why the line could not be written; a console gets no traceback for it."""
        reason = sys.exc_info()[1]
        self._trouble = f"{self.baseFilename} cannot be written to: {reason}"

    def close(self) -> None:
        """Let go of the file; what a full disk did not take is lost."""
        with suppress(OSError):
            super().close()


@contextmanager
def logging_to(outbox: Path, level: str, on_trouble: Callable[[str], None]) -> Iterator[None]:
    """Send the log to the outbox inside the block, and also the reason when an error ends it.

    Only the one watcher may do this: two processes cannot rotate one file.

    Args:
        outbox: The folder.
        level: `debug`, `info`, `warning` or `error`.
        on_trouble: See LogFile.
    """
    logger = logging.getLogger("digitwatch")
    handler = LogFile(outbox / "digitwatch.log", on_trouble)
    handler.setLevel(level.upper())
    logger.addHandler(handler)
    try:
        yield
    except Exception as error:
        # The log alone: on the console whoever called us says it.
        reason = "the watcher ends: %s"
        handler.handle(
            logger.makeRecord(
                logger.name, logging.ERROR, __file__, 0, reason, (error,),
                (type(error), error, error.__traceback__),
            )
        )  # fmt: skip
        raise
    finally:
        logger.removeHandler(handler)
        handler.close()
