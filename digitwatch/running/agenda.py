"""The agenda of the watcher: which path to look at, and when."""

import heapq
import math
from pathlib import Path


class Agenda:
    """Paths with the moment at which each is due; a path stands in it once.

    Moments are seconds of any clock that runs evenly. Paths that are due at the same moment come
    out in the order in which they were put in.
    """

    def __init__(self) -> None:
        self._due: dict[Path, tuple[float, int]] = {}
        self._heap: list[tuple[float, int, Path]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._due)

    def put(self, path: Path, due: float) -> None:
        """Look at `path` at `due`, or sooner where it stands in the agenda for sooner."""
        if path in self._due and self._due[path][0] <= due:
            return
        self._count += 1
        self._due[path] = (due, self._count)
        heapq.heappush(self._heap, (due, self._count, path))

    def seconds_until_due(self, now: float) -> float:
        """How long it is until a path is due: 0 when one is, infinity when there is none."""
        return max(0.0, self._heap[0][0] - now) if self._heap else math.inf

    def take(self, now: float) -> Path | None:
        """Take out the path that has been due for longest, None where none is due."""
        while self._heap and self._heap[0][0] <= now:
            due, count, path = heapq.heappop(self._heap)
            if self._due.get(path) == (due, count):
                del self._due[path]
                return path
        return None
