"""Walk through docs/tutorial.md as a reader does: every command, every line of Python, in order.

Its test compares what appears with what the tutorial shows; `make_pictures` keeps the pictures
that it makes on the way.
"""

import code
import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.program import ROOT

TUTORIAL = Path(__file__).parent / "tutorial.md"
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SHELL, PYTHON, SHOWN, OTHER_SHELL = "sh", "python", "text", "powershell"
INSTALL = "python3 -m venv "
"""How the block begins that installs digitwatch: the README's own, which `.ci/run` runs."""


@dataclass(frozen=True)
class Step:
    """A block of the tutorial that does something, and what it shows.

    Attributes:
        line: Of the tutorial, from 1.
        kind: `sh` or `python`.
        text: What is typed.
        shown: What appears then; empty where the tutorial does not say.
    """

    line: int
    kind: str
    text: str
    shown: str


class StepError(Exception):
    """A step that failed, with its line in the tutorial."""


def steps_of(markdown: str) -> list[Step]:
    """The steps of the tutorial, in order; what PowerShell has instead is left out.

    Raises:
        ValueError: A block is of no known kind, or shows what nothing has printed.
    """
    steps: list[Step] = []
    may_show = False
    for fence in FENCE.finditer(markdown):
        kind, text = fence[1], fence[2]
        line = markdown.count("\n", 0, fence.start()) + 1
        if kind == SHOWN and may_show:
            last = steps[-1]
            steps[-1] = Step(last.line, last.kind, last.text, text)
        elif kind in (SHELL, PYTHON):
            steps.append(Step(line, kind, text, ""))
        elif kind != OTHER_SHELL:
            raise ValueError(f"line {line}: a block of kind {kind!r} has no place here")
        may_show = kind in (SHELL, PYTHON)
    return steps


class Walk:
    """Does the steps in a folder of its own, as somebody with a terminal and a `python` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._console = _Console()

    def do(self, step: Step) -> str:
        """Do one step, and return what it prints on the standard output.

        Raises:
            StepError: It failed.
        """
        try:
            with contextlib.chdir(self.folder):
                return self._type(step.text) if step.kind == PYTHON else self._call(step.text)
        except Exception as error:
            raise StepError(f"line {step.line} of the tutorial: {error}") from error

    def picture(self, name: str) -> Path | None:
        """The picture of that name which was made on the way, None where none was."""
        return next(iter(sorted(self.folder.rglob(name))), None)

    def end(self) -> None:
        """Stop what goes on in the background, should the walk not have come to its end."""
        self._command("digitwatch stop")

    def _type(self, text: str) -> str:
        is_unfinished = False
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            for line in (*text.splitlines(), ""):
                is_unfinished = self._console.push(line)
        if is_unfinished:
            raise ValueError("the block ends in the middle of a statement")
        return shown.getvalue()

    def _call(self, text: str) -> str:
        return "".join(self._command(line) for line in _lines(text))

    def _command(self, line: str) -> str:
        name, *arguments = shlex.split(line)
        if name == "mkdir":
            (self.folder / arguments[0]).mkdir()
            return ""
        if name == "cd":
            self.folder /= arguments[0]
            return ""
        if name != "digitwatch":
            raise ValueError(f"{name} is no command that every reader has")
        done = subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-m", "digitwatch", *arguments],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        if done.returncode:
            raise ValueError(f"{line} ended with {done.returncode}: {done.stderr}{done.stdout}")
        return done.stdout


def _lines(text: str) -> Iterator[str]:
    """The commands of a block; the one that installs is not repeated here."""
    for line in text.splitlines():
        if line and not line.startswith(INSTALL):
            yield line


class _Console(code.InteractiveConsole):
    """The prompt of Python, where an error ends the walk."""

    def showtraceback(self) -> None:
        raise  # noqa: PLE0704 - within the handler of InteractiveInterpreter

    def showsyntaxerror(self, *_: Any, **__: Any) -> None:
        raise  # noqa: PLE0704 - the same
