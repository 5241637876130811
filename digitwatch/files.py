"""Writing whole files so that nobody ever sees half of one; reading them in nobody's way."""

import contextlib
import os
import secrets
import shutil
import sys
from pathlib import Path

if sys.platform == "win32":
    import ctypes
    import msvcrt
    from ctypes import wintypes

    def _share_everything(name: str, _: int) -> int:
        """Open a file for reading as POSIX does: others may write, rename and delete it."""
        generic_read, share_all, open_existing, normal = 0x80000000, 0x1 | 0x2 | 0x4, 3, 0x80
        create = ctypes.WinDLL("kernel32", use_last_error=True).CreateFileW
        create.restype = wintypes.HANDLE
        create.argtypes = (
            wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID, wintypes.DWORD,
            wintypes.DWORD, wintypes.HANDLE,
        )  # fmt: skip
        handle = create(name, generic_read, share_all, None, open_existing, normal, None)
        if handle == wintypes.HANDLE(-1).value:
            raise ctypes.WinError(ctypes.get_last_error())
        return msvcrt.open_osfhandle(handle, os.O_RDONLY | os.O_BINARY)

else:
    _share_everything = os.open


def write_atomically(
    path: Path, data: bytes, *, durable: bool = True, like: Path | None = None
) -> None:
    """Put `data` at `path`: the old file or the new one, whole, whenever the power goes.

    The bytes are written beside `path`, forced to the disk, and renamed over it.

    Args:
        path: The file.
        data: All of its bytes.
        durable: Whether to wait until the disk has them. What is worth nothing after the power
            has gone need not be forced to the disk every few seconds.
        like: The file whose permissions it gets, if there is one; by default the one it replaces.

    Raises:
        OSError: The disk is full, the folder is read-only, or (on Windows) another program holds
            `path` open. What stood at `path` is then untouched, and nothing is left behind.
    """
    scratch = path.with_name(f".{path.name[:40]}-{secrets.token_hex(4)}.tmp")
    try:
        with scratch.open("xb") as file:
            file.write(data)
            file.flush()
            if durable:
                os.fsync(file.fileno())
        keep_permissions(like or path, scratch)
        scratch.replace(path)
    except BaseException:
        scratch.unlink(missing_ok=True)
        raise


def keep_permissions(old: Path, new: Path) -> None:
    """Let whoever may read and write the old file do so with the new one, where there was one."""
    if os.name == "posix":  # elsewhere the folder says who may do what
        with contextlib.suppress(OSError):
            shutil.copymode(old, new)


def read_in_nobodys_way(path: Path) -> bytes:
    """Return the bytes of a file; whoever wants to may write, rename or delete it meanwhile.

    Raises:
        OSError: It cannot be opened or read.
    """
    with open(path, "rb", opener=_share_everything) as file:
        return file.read()


def identity_of(path: Path) -> tuple[int, int] | None:
    """What tells the file or folder at `path` from another of that name; None where none is."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_dev, status.st_ino)
