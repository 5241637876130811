"""Writing whole files so that nobody ever sees half of one."""

import os
import secrets
from pathlib import Path


def write_atomically(path: Path, data: bytes) -> None:
    """Put `data` at `path`: the old file or the new one, whole, whenever the power goes.

    The bytes are written beside `path`, forced to the disk, and renamed over it.

    Raises:
        OSError: The disk is full, the folder is read-only, or (on Windows) another program holds
            `path` open. What stood at `path` is then untouched, and nothing is left behind.
    """
    scratch = path.with_name(f".{path.name[:40]}-{secrets.token_hex(4)}.tmp")
    try:
        with scratch.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise
