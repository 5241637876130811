"""Thousands of files dropped at once: a row each, and memory that does not grow with them."""

import csv
import io
import sys
import time
import zlib
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.program import configure, digitwatch, running
from tests.waiting import wait_until

FILES = 5_000
SECONDS = 900


def drop(home, draw, numbers, prefix):
    """Save so many pictures of which no two have the same bytes."""
    pictures = [draw(digit, seed=seed) for digit in range(10) for seed in range(3)]
    for number in numbers:
        whole = pictures[number % len(pictures)]
        remark = b"tEXtnumber\0" + str(number).encode()
        chunk = (len(remark) - 4).to_bytes(4) + remark + zlib.crc32(remark).to_bytes(4)
        (home / "inbox" / f"{prefix}{number:05}.png").write_bytes(whole[:-12] + chunk + whole[-12:])


def files_in_csv(home):
    path = home / "outbox" / "predictions.csv"
    text = path.read_bytes().decode("utf-8-sig") if path.exists() else ""
    return [row["file"] for row in csv.DictReader(io.StringIO(text, newline=""))]


def lines_in_csv(home):
    path = home / "outbox" / "predictions.csv"
    return path.read_bytes().count(b"\n") - 1 if path.exists() else 0


def resident_mb(process):
    """The memory that the process holds, where that can be asked."""
    if not sys.platform.startswith("linux"):
        return 0.0
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@contextmanager
def watcher(home):
    with running(home, "watch") as process:
        yield process
        assert digitwatch(home, "stop").returncode == 0


def test_a_few_hundred_files_at_once_get_a_row_each(tmp_path, models, draw):
    configure(tmp_path, models)
    (tmp_path / "inbox").mkdir()
    drop(tmp_path, draw, range(100), "before")
    with watcher(tmp_path):
        wait_until(lambda: files_in_csv(tmp_path))
        drop(tmp_path, draw, range(100, 200), "while")
        wait_until(lambda: lines_in_csv(tmp_path) >= 200)
    assert sorted(files_in_csv(tmp_path)) == sorted(
        [f"before{number:05}.png" for number in range(100)]
        + [f"while{number:05}.png" for number in range(100, 200)]
    )


@pytest.mark.slow
def test_five_thousand_at_once_while_it_is_stopped_and_while_it_runs(
    tmp_path, models, draw, capsys
):
    configure(tmp_path, models)
    (tmp_path / "inbox").mkdir()
    drop(tmp_path, draw, range(FILES), "before")
    with watcher(tmp_path) as process:
        wait_until(lambda: lines_in_csv(tmp_path) >= 500, SECONDS)
        after_500 = resident_mb(process)
        start = time.monotonic()
        wait_until(lambda: lines_in_csv(tmp_path) >= FILES, SECONDS)
        seconds = time.monotonic() - start
        after_5000 = resident_mb(process)
        drop(tmp_path, draw, range(FILES, 2 * FILES), "while")
        wait_until(lambda: lines_in_csv(tmp_path) >= 2 * FILES, SECONDS)
        after_10000 = resident_mb(process)
    with capsys.disabled():
        print(  # noqa: T201 - the figures for the fault table
            f"\nRSS after 500 files {after_500:.0f} MB, after 5,000 {after_5000:.0f} MB, after "
            f"10,000 {after_10000:.0f} MB; {1000 * seconds / (FILES - 500):.0f} ms a file"
        )
    files = files_in_csv(tmp_path)
    assert len(files) == len(set(files)) == 2 * FILES
    assert after_5000 < after_500 + 30
    assert after_10000 < after_500 + 60
