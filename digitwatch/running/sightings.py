"""Sightings: how a file looked when it was looked at, and when it is worth another look."""

from dataclasses import dataclass
from pathlib import Path

FIRST_RETRY_SECONDS = 0.05
LONGEST_RETRY_SECONDS = 60.0

Signature = tuple[int, int, int, int]
"""How a file looks from outside; it changes whenever the file may have."""

ABSENT: Signature = (0, 0, 0, 0)


def signature_of(path: Path) -> Signature:
    """How the file at `path` looks now; `ABSENT` where it cannot be looked at."""
    try:
        status = path.stat()
    except (OSError, ValueError):
        return ABSENT
    return (status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino)


@dataclass
class Sighting:
    """A path that was looked at and not read yet.

    Attributes:
        signature: How it looked the last time.
        since: The moment from which on it has looked so.
        looks: How often it was looked at since it was first seen.
        reason: Why it could not be read then.
    """

    signature: Signature
    since: float
    looks: int = 0
    reason: str = ""

    def look(self, signature: Signature, now: float) -> None:
        """Note that it was looked at once more."""
        if signature != self.signature:
            self.signature, self.since = signature, now
        self.looks += 1

    def is_still(self, now: float, settle_seconds: float) -> bool:
        """Whether it has looked the same for so long that nobody is writing it any more."""
        return self.looks > 1 and now - self.since >= settle_seconds

    def pause(self) -> float:
        """How many seconds to wait before the next look: longer each time."""
        return backoff(self.looks)

    def pause_while_unfinished(self, now: float, settle_seconds: float) -> float:
        """The same for a file that may still grow: not much longer than until it has settled."""
        settled = self.since + settle_seconds - now
        return max(FIRST_RETRY_SECONDS, min(self.pause(), settled))


def backoff(looks: int) -> float:
    """Seconds to wait after so many looks."""
    return min(FIRST_RETRY_SECONDS * 2.0 ** min(looks, 12), LONGEST_RETRY_SECONDS)


class Changes:
    """Tells when some files have become others, and have been left alone since.

    A file that an editor is just writing, or one of a pair of which the other is still to come,
    is not taken for the new one before it has been still. Files that are not `are_known` are said
    to have changed once.
    """

    def __init__(self, *paths: Path, are_known: bool = True) -> None:
        self._paths = paths
        self._seen, self._since = self._look(), 0.0
        self._known = self._seen if are_known else None

    def settled(self, now: float, settle_seconds: float) -> bool:
        """Whether they are others than at the last time this was said, and have been still."""
        look = self._look()
        if look != self._seen:
            self._seen, self._since = look, now
        if look == self._known or now - self._since < settle_seconds:
            return False
        self._known = look
        return True

    def _look(self) -> tuple[Signature, ...]:
        return tuple(signature_of(path) for path in self._paths)
