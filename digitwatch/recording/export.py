"""The whole ledger as one file for other programs: CSV, or Parquet with every mark."""

import contextlib
import io
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from digitwatch.errors import ConfigError, writing
from digitwatch.files import identity_of, keep_permissions
from digitwatch.recording.correction import Correction
from digitwatch.recording.csv_log import Dialect, cells
from digitwatch.recording.ledger import Ledger
from digitwatch.recording.outbox import Outbox
from digitwatch.recording.record import COLUMNS, CORRECT, Record

MORE_COLUMNS = ("correct_time", "path", "sha256")
"""Beside the columns of `predictions.csv`: when it was corrected, the absolute path of the drawing,
and the sha256 of its bytes."""
AT_ONCE = 1000
"""Records that are turned into columns together: as objects they take ten times the memory."""

Corrections = Mapping[str, Correction]
Writer = Callable[[Path, Iterator[Record], Corrections, str], int]


def export(ledger: Ledger, path: Path, delimiter: str) -> int:
    """Write every record with what people say is right of it; a file that is there is replaced.

    Args:
        ledger: What is exported.
        path: Its ending says how: `.csv` or `.parquet`.
        delimiter: Of a CSV.

    Returns:
        How many records were written.

    Raises:
        ConfigError: The ending is another one, or Parquet cannot be written here.
        WriteError: The file cannot be written. What stood there is untouched.
    """
    write = _writer_for(path)
    # It is named like what a killed process leaves, which is swept away later.
    place = path.resolve()  # where a link leads to it, it stays one
    scratch = place.with_name(f".{path.name[:40]}-{secrets.token_hex(4)}.tmp")
    try:
        with writing(path):
            count = write(scratch, ledger.every_record(), ledger.corrections.all(), delimiter)
            with scratch.open("r+b") as file:
                os.fsync(file.fileno())
            keep_permissions(place, scratch)
            scratch.replace(place)
    finally:
        with contextlib.suppress(OSError):
            scratch.unlink(missing_ok=True)
    return count


def refuse(path: Path, outbox: Outbox) -> None:
    """Refuse a place that cannot be exported to, before anything is done.

    Raises:
        ConfigError: Its ending is another one, its folder is missing, it is a folder itself, or
            what the outbox needs.
    """
    own = (outbox.csv, outbox.ledger.path)
    # By identity too: most disks of Windows and macOS take Predictions.csv for predictions.csv.
    identity = identity_of(path)
    try:
        place = path.resolve()
    except (OSError, RuntimeError) as error:  # which of them depends on the version of Python
        raise ConfigError(f"{path} is a link to itself", "give another name") from error
    if place in [one.resolve() for one in own] or (identity and identity in map(identity_of, own)):
        raise ConfigError(f"{path} is the outbox's own file", "export to another name")
    if path.is_dir():
        raise ConfigError(f"{path} is a folder", "give the name of a file in it")
    if not path.parent.is_dir():
        raise ConfigError(f"there is no folder {path.parent}", "make it, or give another place")
    _writer_for(path)


def _writer_for(path: Path) -> Writer:
    writers: dict[str, Writer] = {".csv": _write_csv, ".parquet": _write_parquet}
    writer = writers.get(path.suffix.lower())
    if writer is None:
        raise ConfigError(
            f"{path} ends neither in .csv nor in .parquet", "its ending says what is written"
        )
    return writer


def exported(record: Record, correction: Correction | None) -> dict[str, str]:
    """The cells of a record: those of its row with what people say, and those of MORE_COLUMNS."""
    time = correction.time.isoformat(sep=" ", timespec="seconds") if correction else ""
    return cells(record) | {
        CORRECT: correction.digits if correction else "",
        "correct_time": time,
        "path": record.path,
        "sha256": record.sha256,
    }


def _write_csv(
    path: Path, records: Iterator[Record], corrections: Corrections, delimiter: str
) -> int:
    dialect = Dialect("utf-8", delimiter, (*COLUMNS, *MORE_COLUMNS))
    count = 0
    with path.open("xb") as file:
        file.write(dialect.first_line())
        for record in records:
            file.write(dialect.line(exported(record, corrections.get(record.id))))
            count += 1
    return count


def _write_parquet(path: Path, records: Iterator[Record], corrections: Corrections, _: str) -> int:
    # Not pyarrow, which pandas loads wherever it is installed: 40 MB in every process that reads.
    try:
        import polars as pl  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ConfigError(
            "to write Parquet, the extra 'parquet' is needed",
            "install it: pip install 'digitwatch[parquet]', or export to a name ending in .csv",
        ) from error
    schema = _schema(pl)
    parts = [pl.DataFrame(schema=schema)]
    while some := list(islice(records, AT_ONCE)):
        rows = [_typed(record, corrections.get(record.id)) for record in some]
        parts.append(pl.DataFrame(rows, schema=schema))
    frame = pl.concat(parts)
    # Polars would say in words of its own that a disk is full.
    content = io.BytesIO()
    frame.write_parquet(content)
    with path.open("xb") as file:
        file.write(content.getbuffer())
    return int(frame.height)


def _schema(pl: Any) -> dict[str, Any]:
    mark = {
        "box": pl.List(pl.Int32),
        "line": pl.Int32,
        "digit": pl.Int8,
        "confidence": pl.Float64,
        "runner_up": pl.Int8,
        "runner_up_confidence": pl.Float64,
        "grid": pl.List(pl.List(pl.Float32)),
        "probabilities": pl.List(pl.Float64),
    }
    types = {
        "time": pl.Datetime("ms"),
        "correct_time": pl.Datetime("ms"),
        "page": pl.Int32,
        "confidence": pl.Int8,
    }
    columns = {name: types.get(name, pl.String) for name in (*COLUMNS, *MORE_COLUMNS)}
    return {**columns, "marks": pl.List(pl.Struct(mark))}


def _typed(record: Record, correction: Correction | None) -> dict[str, Any]:
    """The cells as numbers, times and marks in place of text, and names without a guard."""
    texts = exported(record, correction) | {
        name: getattr(record, name) for name in ("file", "note", "thumbnail")
    }
    return texts | {
        "time": record.time,
        "correct_time": correction.time if correction else None,
        "page": record.page,
        "confidence": record.confidence,
        "marks": [vars(mark) for mark in record.marks],
    }
