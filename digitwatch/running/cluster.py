"""A Dask cluster: other machines read, and this one fetches the files and keeps what was read."""

import pickle
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from digitwatch.errors import ConfigError, DigitwatchError
from digitwatch.running.job import Reading, failed, fetch, read
from digitwatch.running.reader import Reader
from digitwatch.running.workers import Group, Workers

try:
    import distributed
except ImportError as missing:  # this module is imported when it is needed, and not before
    raise ConfigError(
        "--scheduler needs Dask, which is not installed",
        'install it with: pip install "digitwatch[dask]"',
    ) from missing

SAME = ("digitwatch", "scikit-learn")
"""What must have the same version everywhere: a model is only as portable as that."""
CONNECT_SECONDS = 10.0
LOOK_SECONDS = 1.0
"""How often one looks which workers there are, while waiting for what they read."""
PATIENCE_SECONDS = 60.0
"""For so long one waits for a worker where there is none: it may be starting anew."""
AHEAD = 3
"""Groups that each thread of a worker is given in advance."""


class ClusterError(DigitwatchError):
    """The cluster cannot read on. What was read is kept."""


@contextmanager
def on_cluster(address: str, reader: Reader, say: Callable[[str], None]) -> Iterator[Workers]:
    """Give workers that hand the groups to a Dask cluster.

    Args:
        address: Of its scheduler, `tcp://HOST:8786`.
        reader: Is sent to each worker once.
        say: Is told which workers are refused, and why.

    Raises:
        ConfigError: No scheduler answers, or it has no worker that fits.
    """
    try:
        client = distributed.Client(  # type: ignore[no-untyped-call]  # it has types, but not here
            address, timeout=CONNECT_SECONDS, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"no Dask scheduler answers at {address}", "start one, or correct the address"
        ) from error
    with client:
        cluster = _Cluster(client, reader, say)
        if not cluster.fit:
            raise ConfigError(
                f"the scheduler at {address} has no worker that can read",
                f"start workers that have the same versions of {' and '.join(SAME)} as here",
            )
        yield Workers(cluster.threads, cluster.read)


@dataclass(frozen=True)
class _Sent:
    """A group that the cluster was given, and the workers that may read it."""

    group: Group
    future: Any
    workers: frozenset[str]


class _Cluster:
    """The workers of a Dask scheduler, which may come and go while they read."""

    def __init__(self, client: Any, reader: Reader, say: Callable[[str], None]) -> None:
        self.fit: frozenset[str] = frozenset()
        self.threads = 0
        self._client = client
        self._reader = reader
        self._reader_there: Any = None
        self._say = say
        self._known: frozenset[str] = frozenset()
        self._look()

    def read(self, groups: Iterable[Group], _: int) -> Iterator[list[Reading]]:
        """Have the groups read, and give the readings of each in their order."""
        under_way: deque[_Sent | list[Reading]] = deque()
        for group in groups:
            under_way.append(self._begin([fetch(job) for job in group]))
            if len(under_way) > AHEAD * self.threads:
                yield self._end(under_way.popleft())
        while under_way:
            yield self._end(under_way.popleft())

    def _begin(self, group: Group) -> _Sent | list[Reading]:
        has_news = any(job.is_news for job in group)
        return self._send(group) if has_news else read(group, self._reader)

    def _send(self, group: Group) -> _Sent:
        fit = list(self.fit)
        future = self._client.submit(read, group, self._reader_there, workers=fit, pure=False)
        return _Sent(group, future, self.fit)

    def _end(self, begun: _Sent | list[Reading]) -> list[Reading]:
        if not isinstance(begun, _Sent):
            return begun
        try:
            return self._wait(begun)
        except distributed.KilledWorker:
            # Over which of the files did so many of them die?
            if len(begun.group) > 1:
                alone = [self._send([job]) for job in begun.group]
                return [reading for one in alone for reading in self._end(one)]
            return [failed(begun.group[0].drawing, "each worker that began to read it has died")]
        except (OSError, distributed.CancelledError) as error:
            raise ClusterError(
                f"the scheduler does not answer any more ({error})",
                "what was read is kept: run the same again",
            ) from error

    def _wait(self, sent: _Sent) -> list[Reading]:
        """Wait for the readings; where the workers that might read are gone, ask others."""
        alone_since = None
        while True:
            try:
                readings: list[Reading] = sent.future.result(timeout=LOOK_SECONDS)
            except distributed.TimeoutError:
                self._look()
            else:
                return readings
            if sent.workers & self.fit:
                continue
            if self.fit:
                sent.future.cancel()
                sent = self._send(sent.group)
                continue
            alone_since = alone_since or time.monotonic()
            if time.monotonic() - alone_since > PATIENCE_SECONDS:
                raise ClusterError(
                    "no worker is left that can read", "what was read is kept: run the same again"
                )

    def _look(self) -> None:
        """Find out which workers there are, and which of the new ones fit."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        new = workers.keys() - self._known
        fit = frozenset((self.fit & workers.keys()) | self._fitting(new))
        if fit != self.fit and fit:
            # A task, unlike data, is done anew where its result was lost with its workers.
            self._reader_there = self._client.submit(
                pickle.loads, pickle.dumps(self._reader), workers=list(fit), pure=False
            )
        self.fit, self._known = fit, self._known | new
        self.threads = sum(workers[worker]["nthreads"] for worker in fit)

    def _fitting(self, workers: Iterable[str]) -> set[str]:
        """Ask workers for their versions, and say which of them are refused."""
        ours = _version_teller()()
        answers = self._client.run(_version_teller(), workers=list(workers), on_error="return")
        reasons = {worker: _why_refused(answers[worker], ours) for worker in sorted(answers)}
        for worker, reason in reasons.items():
            if reason:
                self._say(f"The worker at {worker} is not used: {reason}.")
        return {worker for worker, reason in reasons.items() if not reason}


def _version_teller() -> Callable[[], dict[str, str]]:
    """A function that travels as a whole, to where there may be no digitwatch."""
    packages = SAME

    def tell() -> dict[str, str]:
        from contextlib import suppress  # noqa: PLC0415 - it travels, and takes nothing along
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

        found = dict.fromkeys(packages, "none")
        for package in packages:
            with suppress(PackageNotFoundError):
                found[package] = version(package)
        return found

    return tell


def _why_refused(theirs: Mapping[str, str] | Exception, ours: Mapping[str, str]) -> str:
    """The reason why a worker is refused; empty where it is not."""
    if isinstance(theirs, Exception):
        return f"it does not tell its versions ({theirs})"
    differing = [name for name in SAME if theirs[name] != ours[name]]
    return "; ".join(f"it has {name} {theirs[name]}, here is {ours[name]}" for name in differing)
