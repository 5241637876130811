"""Who reads: this process, or as many as there are cores."""

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import BrokenExecutor
from dataclasses import dataclass
from itertools import chain, islice
from threading import Thread

from joblib import Parallel, cpu_count, delayed, parallel_config

from digitwatch.errors import DigitwatchError
from digitwatch.running.job import Job, Reading, failed, read
from digitwatch.running.reader import Reader

log = logging.getLogger(__name__)

Group = Sequence[Job]
MANY_DEATHS = 3
DEADLY = "it ends the program that reads it: too large for this computer?"


class WorkersError(DigitwatchError):
    """No other process can read. What was read is kept."""


@dataclass(frozen=True)
class Workers:
    """Who reads.

    Attributes:
        count: How many read at once.
        read: Reads groups of jobs, and gives the readings of each in the order of the groups. It is
            told, too, how many jobs there are in all of them, or about how many.
    """

    count: int
    read: Callable[[Iterable[Group], int], Iterator[list[Reading]]]


PAYS_SECONDS = 3.0
"""What this process would still need for the rest, from which on it is worth starting others."""
GROUPS_AHEAD = 64
"""Groups for each process that are handed out before all that came back must have been kept, so
that the memory stays small where keeping is slower than reading."""
IDLE_SECONDS = 20
"""After which a process ends that nobody gives work to."""
LOOK_SECONDS = 2.0
"""How often a process looks whether its parent is still there."""


def cores(wanted: int) -> int:
    """How many cores to use; all that this process may where 0 are wanted."""
    return wanted or cpu_count()


def on_cores(reader: Reader, jobs: int) -> Workers:
    """Workers that use so many cores."""

    def work(groups: Iterable[Group], total: int) -> Iterator[list[Reading]]:
        remaining: Iterator[Group] = iter(groups)
        start, done = time.monotonic(), 0
        for group in remaining:
            seconds_left = (time.monotonic() - start) / max(done, 1) * (total - done)
            if jobs > 1 and seconds_left > PAYS_SECONDS:
                remaining = chain([group], remaining)
                break
            yield read(group, reader)
            done += len(group)
        while round_ := list(islice(remaining, GROUPS_AHEAD * jobs)):
            yield from _read_round(round_, reader, jobs)

    return Workers(jobs, work)


def _read_round(groups: Sequence[Group], reader: Reader, jobs: int) -> Iterator[list[Reading]]:
    """Read the groups in other processes; where one of them dies, find out over which file."""
    done = 0
    try:
        for readings in _in_processes(groups, reader, jobs):
            done += 1
            yield readings
    except BrokenExecutor:
        log.warning("a process that reads has died; what it had in hand is read again")
        in_hand, others = groups[done : done + 3 * jobs], groups[done + 3 * jobs :]
        yield from _read_one_by_one(chain(*in_hand), reader)
        yield from _read_round(others, reader, jobs) if others else ()


def _read_one_by_one(jobs: Iterable[Job], reader: Reader) -> Iterator[list[Reading]]:
    """Give the readings of jobs, each of which gets a process of its own where one dies.

    Raises WorkersError where one after the other does: then it is not the files.
    """
    deaths: list[Reading] = []
    for job in jobs:
        try:
            (readings,) = _in_processes([[job]], reader, 2)
        except BrokenExecutor:
            deaths.append(failed(job.drawing, DEADLY))
            if len(deaths) == MANY_DEATHS:
                raise WorkersError(
                    "the processes that read end as soon as they begin",
                    "what was read is kept: run the same with --jobs 1",
                ) from None
            continue
        yield [*deaths, *readings]
        deaths = []
    if deaths:
        yield deaths


def _in_processes(groups: Sequence[Group], reader: Reader, jobs: int) -> Iterator[list[Reading]]:
    # A thread of its own for each core and process would be cores squared.
    with parallel_config(
        "loky",
        n_jobs=jobs,
        inner_max_num_threads=1,
        initializer=_be_given,
        initargs=(reader,),
        idle_worker_timeout=IDLE_SECONDS,
    ):
        yield from Parallel(return_as="generator", batch_size=1)(
            delayed(_read_here)(group) for group in groups
        )


_readers: list[Reader] = []


def _be_given(reader: Reader) -> None:
    """Take the reader, once for a process: it is some megabytes large."""
    _readers[:] = [reader]
    Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process soon after its parent was killed: nobody else would ever end it.

    On Windows the number of a parent stays when it is gone; there `IDLE_SECONDS` has to do.
    """
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os._exit(1)


def _read_here(group: Group) -> list[Reading]:
    return read(group, _readers[0])
