"""Killed with SIGKILL at every step, and killed again while recovering."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="needs fork and SIGKILL; Windows has its own test of killing"
)


def kill(models, folder, stride):
    """Kill at every `stride`-th step and after every `stride`-th byte of the CSV."""
    command = [sys.executable, "-m", "tests.faults.killing", str(models), str(folder), str(stride)]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, timeout=1200, check=True, encoding="utf-8"
    )
    return json.loads(done.stdout.splitlines()[-1])


def test_whoever_is_killed_each_drawing_has_one_whole_row_and_one_thumbnail(models, tmp_path):
    result = kill(models, tmp_path, 61)
    assert result["faults"] == {}
    assert result["killed"] > result["cases"] > 30


@pytest.mark.slow
def test_the_same_at_every_third_step_and_byte(models, tmp_path, capsys):
    result = kill(models, tmp_path, 3)
    with capsys.disabled():
        print(f"\nkilled: {result}")  # noqa: T201 - the figure for the fault table
    assert result["faults"] == {}
    assert result["killed"] > result["cases"] > 500
