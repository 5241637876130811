"""Reads mutants: python -m tests.faults.reading_hostile MODELS FOLDER FIRST COUNT. Prints JSON.

The mutants of these seeds go through the whole line, from their files to their rows. Each seed is
printed before its file is read, so that the last one is known when this process dies.
"""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from digitwatch.config import parse
from digitwatch.learning import model_store
from digitwatch.recording.outbox import Outbox
from digitwatch.running.batch import classify, gather
from digitwatch.running.reader import File, PageReading, Reader, reader_for
from digitwatch.running.workers import on_cores
from tests.hostile import mutant


def main(models: Path, folder: Path, first: int, count: int) -> None:
    """Read them all; print what took longest, the memory at the peak, and files without a row."""
    inbox, outbox = folder / "inbox", folder / "outbox"
    inbox.mkdir()
    outbox.mkdir()
    for seed in range(first, first + count):
        (inbox / f"{seed:06}.png").write_bytes(mutant(seed))
    reader = reader_for(parse("", folder), model_store.load(models))
    seconds: dict[str, float] = {}
    rows: dict[str, int] = {}
    faults: list[str] = []
    read_all = Reader.read_all

    def read_one_by_one(self: Reader, files: Sequence[File]) -> list[list[PageReading]]:
        return [pages for file in files for pages in read_one(self, file)]

    def read_one(self: Reader, file: File) -> list[list[PageReading]]:
        print(file.name, flush=True)
        start = time.perf_counter()
        try:
            return read_all(self, [file])
        except Exception as error:
            faults.append(f"{file.name}: {error!r}")
            raise
        finally:
            seconds[file.name] = time.perf_counter() - start

    Reader.read_all = read_one_by_one  # type: ignore[method-assign]  # this process does only this
    with Outbox(outbox) as opened:
        drawings = gather([inbox], outbox, recursive=False)
        classify(
            drawings,
            len(drawings),
            on_cores(reader, 1),
            opened,
            lambda drawing, records: rows.update({drawing.file: len(records)}),
        )
    lines = (outbox / "predictions.csv").read_bytes().decode("utf-8-sig").split("\r\n")
    slowest = max(seconds, key=lambda name: seconds[name])
    print(
        json.dumps(
            {
                "files": len(rows),
                "without a row": [name for name, number in rows.items() if not number],
                "rows": sum(rows.values()),
                "rows in the CSV": len(lines) - 2,
                "slowest": slowest,
                "its seconds": round(seconds[slowest], 3),
                "peak MB": peak_mb(),
                "faults": faults,
            }
        )
    )


def peak_mb() -> int:
    """The most memory that this process ever held, 0 where that cannot be asked."""
    # Linux counts a parent's memory into ru_maxrss of its child.
    status = Path("/proc/self/status")
    if status.exists():
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) // 1024
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - Windows has none

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak / (1024 * 1024 if sys.platform == "darwin" else 1024))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
