"""Programs of the system that are asked to do something: run to their end, and never our end."""

import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

NOT_RUN = 127
SECONDS = 30.0

if sys.platform == "win32":
    # Console programs of Windows speak its OEM code page, and open a console of their own.
    ENCODING, FLAGS = "oem", subprocess.CREATE_NO_WINDOW
else:
    ENCODING, FLAGS = "utf-8", 0


@dataclass(frozen=True)
class Answer:
    """How a program ended.

    Attributes:
        code: Its exit code, or NOT_RUN.
        words: What it said, on one line.
    """

    code: int
    words: str = ""

    @property
    def is_yes(self) -> bool:
        """Whether it did what it was asked to."""
        return self.code == 0


Ask = Callable[[Sequence[str]], Answer]


def ask(command: Sequence[str]) -> Answer:
    """Run a program to its end; one that is missing or hangs is an answer too."""
    try:
        done = subprocess.run(  # noqa: S603 - a program of the system, and no shell
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS,
            check=False,
            encoding=ENCODING,
            errors="replace",
            creationflags=FLAGS,
        )
    except OSError as error:
        return Answer(NOT_RUN, f"{PurePath(command[0]).name}: {error.strerror}")
    except subprocess.TimeoutExpired:
        return Answer(NOT_RUN, f"{PurePath(command[0]).name} does not answer")
    return Answer(done.returncode, " ".join(done.stdout.split()))
