"""How a watcher is launched without a console, whoever launches it: `start`, or the system."""

import hashlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Launch:
    """A command for a watcher that needs no console.

    Attributes:
        program: The Python to run.
        arguments: What follows it on the command line.
        folder: Where it is run: without a configuration file, its settings are relative to it.
        name: Another one for each configuration, so that two watchers of one person can be
            installed beside each other; letters, digits and a hyphen.
    """

    program: Path
    arguments: tuple[str, ...]
    folder: Path
    name: str

    @property
    def command(self) -> list[str]:
        """Program and arguments."""
        return [str(self.program), *self.arguments]


def launch_of(config_file: Path | None, folder: Path, python: Path | None = None) -> Launch:
    """The launch of a watcher with this configuration.

    Args:
        config_file: None for the defaults, whose folders are then in `folder`.
        folder: Absolute; where the command was called.
        python: The interpreter, by default the one that runs.
    """
    configured = () if config_file is None else ("--config", str(folder / config_file))
    file = (folder / (config_file or "config.yaml")).resolve()
    # -P: a file of the person's called `random.py` must not stand in for the library of that name.
    configured = () if config_file is None else ("--config", str(file))
    arguments = ("-P", "-m", "digitwatch", "watch", *configured)
    mark = hashlib.sha256(os.path.normcase(file).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    program = without_console(python or Path(sys.executable))
    return Launch(program, arguments, file.parent, f"digitwatch-{mark}")


def without_console(python: Path) -> Path:
    """The Python that opens no console: on Windows `pythonw.exe` beside `python.exe`."""
    silent = python.with_name("pythonw.exe")
    is_windows_python = python.name.lower() == "python.exe"
    return silent if is_windows_python and silent.exists() else python
