import errno
import os
from pathlib import Path

import pytest

from digitwatch.errors import ConfigError, WriteError, in_words, writing


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.ENOENT, "make its folder"),
        (errno.EACCES, "give the right to it"),
        (errno.EROFS, "give a place that may"),
        (errno.EISDIR, "move away what bears"),
        (errno.ENAMETOOLONG, "give a shorter"),
        (errno.EIO, "look whether its drive is there"),
    ],
)
def test_what_cannot_be_written_is_named_with_a_remedy_that_fits_the_reason(number, remedy):
    reason = os.strerror(number)
    with pytest.raises(WriteError) as caught, writing(Path("asked for.csv")):
        raise OSError(number, reason, ".scratch.tmp")
    assert str(caught.value).startswith(f"asked for.csv cannot be written: {reason}; {remedy}")


def test_an_error_that_is_ours_already_stays_as_it_is():
    with pytest.raises(ConfigError, match="no; do"), writing(Path("x")):
        raise ConfigError("no", "do")


def test_an_error_of_the_system_that_nobody_expected_has_a_remedy_too():
    assert in_words(OSError(errno.EACCES, "denied", "x")).startswith("x: denied; give the right")
    assert in_words(OSError(errno.ENOSPC, "full")).startswith("full; free some space")
    assert in_words(OSError("odd")).startswith("odd; look")
