"""Holding a file open as Windows programs do, in this process or in another."""

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import wintypes
from pathlib import Path

assert sys.platform == "win32"

READ, WRITE = 0x80000000, 0x40000000
SHARE_NOTHING, SHARE_READ = 0, 1
OPEN_EXISTING, NORMAL = 3, 0x80

kernel32 = ctypes.WinDLL("kernel32", use_last_error=True)
kernel32.CreateFileW.restype = wintypes.HANDLE
kernel32.CreateFileW.argtypes = (
    wintypes.LPCWSTR, wintypes.DWORD, wintypes.DWORD, wintypes.LPVOID, wintypes.DWORD,
    wintypes.DWORD, wintypes.HANDLE,
)  # fmt: skip
kernel32.CloseHandle.argtypes = (wintypes.HANDLE,)


@contextmanager
def held(path: Path, access: int = READ | WRITE, share: int = SHARE_NOTHING) -> Iterator[None]:
    """Hold the file open; by default so that nobody else can open it, as Excel does."""
    handle = kernel32.CreateFileW(str(path), access, share, None, OPEN_EXISTING, NORMAL, None)
    if handle == wintypes.HANDLE(-1).value:
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        yield
    finally:
        kernel32.CloseHandle(handle)


def in_another_process(code: str, *arguments: Path) -> None:
    """Run Python code that gets these paths in `sys.argv[1:]`; fail when it fails."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout.decode("utf-8", "replace")
