"""Damaged and malicious files: a row each, in little time and memory, and nothing dies of them."""

import json
import subprocess
import sys

import pytest

from tests.program import ENVIRONMENT, ROOT

MOST_SECONDS, MOST_MB = 5.0, 1000


def read_mutants(models, folder, first, count, seconds):
    """Read them in a process of its own, whose memory and death are its own too."""
    command = [sys.executable, "-m", "tests.faults.reading_hostile", str(models), str(folder)]
    done = subprocess.run(
        [*command, str(first), str(count)], cwd=ROOT, env=ENVIRONMENT, capture_output=True,
        timeout=seconds, check=False, encoding="utf-8", errors="replace",
    )  # fmt: skip
    last = done.stdout.splitlines()[-1:]
    assert done.returncode == 0, (last, done.stderr[-2000:])
    return json.loads(last[0])


def check(result, count):
    assert result["files"] == count
    assert result["without a row"] == []
    assert result["rows in the CSV"] == result["rows"] >= count
    assert result["faults"] == []
    assert result["its seconds"] < MOST_SECONDS, result["slowest"]
    assert result["peak MB"] < MOST_MB


def test_some_hundred_mutants_of_valid_pictures_get_a_row_each(models, tmp_path):
    check(read_mutants(models, tmp_path, 0, 400, 120), 400)


@pytest.mark.slow
def test_ten_thousand_mutants_get_a_row_each(models, tmp_path, capsys):
    result = read_mutants(models, tmp_path, 100_000, 10_000, 1500)
    with capsys.disabled():
        print(f"\nmutants: {result}")  # noqa: T201 - the figures for the fault table
    check(result, 10_000)
