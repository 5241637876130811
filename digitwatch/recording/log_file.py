"""digitwatch.log: what the watcher did, kept small by rotation."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

BYTES = 1_000_000
OLD_FILES = 3


def open_log(outbox: Path, level: str) -> logging.Handler:
    """Send the log to the outbox. Only the one watcher may: two processes cannot rotate one file.

    Args:
        outbox: The folder.
        level: `debug`, `info`, `warning` or `error`.
    """
    handler = RotatingFileHandler(
        outbox / "digitwatch.log", maxBytes=BYTES, backupCount=OLD_FILES, encoding="utf-8",
        errors="backslashreplace", delay=True,
    )  # fmt: skip
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    handler.setLevel(level.upper())
    return handler
