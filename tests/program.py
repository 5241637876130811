"""digitwatch as people run it: a process of its own, in a folder with a configuration."""

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
ENVIRONMENT = os.environ | {"PYTHONPATH": str(ROOT)}
"""Processes find the package that is tested even where it is not installed."""

IS_WINE = sys.platform == "win32" and hasattr(ctypes.WinDLL("ntdll"), "wine_get_version")


def command(*arguments: str) -> list[str]:
    """The command line of digitwatch with these arguments."""
    return [sys.executable, "-m", "digitwatch", *arguments]


def digitwatch(home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run digitwatch in `home` to its end; what it printed is in `stdout`."""
    return subprocess.run(
        command(*arguments),
        cwd=home,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
        encoding="utf-8",
        errors="replace",
    )


@contextmanager
def running(home: Path, *arguments: str) -> "Iterator[subprocess.Popen[bytes]]":
    """Run digitwatch in `home`; at the end, whatever it is, the process is killed."""
    process = subprocess.Popen(
        command(*arguments), cwd=home, env=ENVIRONMENT, stdout=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait(60)


def configure(home: Path, models: Path, **settings: object) -> None:
    """Write a configuration that names a model which is there."""
    lines = {"models": str(models), "rescan_seconds": 0.5, "review_below": 50} | settings
    text = "".join(f"{key}: {json.dumps(value)}\n" for key, value in lines.items())
    (home / "config.yaml").write_text(text, encoding="utf-8")
