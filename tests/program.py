"""digitwatch as people run it: a process of its own, in a folder with a configuration."""

import ctypes
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


def end_without_warning(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process, and wait until it is gone.

    Seen under Wine: a process that stays for ever, killed or not. That is no fault of ours.
    """
    process.kill()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        if not IS_WINE:
            raise
        process.returncode = -1  # nobody waits for it any more
        pytest.skip("Wine has not ended a process that was killed")


def configure(home: Path, models: Path, **settings: object) -> None:
    """Write a configuration that names a model which is there."""
    lines = {"models": str(models), "rescan_seconds": 0.5, "review_below": 50} | settings
    text = "".join(f"{key}: {json.dumps(value)}\n" for key, value in lines.items())
    (home / "config.yaml").write_text(text, encoding="utf-8")
