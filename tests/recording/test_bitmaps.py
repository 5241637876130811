import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from digitwatch.recording.bitmaps import pack, unpack

MASKS = st.lists(arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=40)), max_size=5)


@given(MASKS)
def test_bitmaps_come_back_as_they_were_packed(masks):
    unpacked = unpack(pack(masks))
    assert len(unpacked) == len(masks)
    for before, after in zip(masks, unpacked, strict=True):
        assert after.dtype == np.bool_
        np.testing.assert_array_equal(before, after)


def test_no_bitmaps_take_no_bytes():
    assert pack([]) == b""
    assert unpack(b"") == []


@pytest.mark.parametrize("keep", [1, 10, -3])
def test_damaged_bytes_are_said_to_be(keep):
    data = pack([np.ones((30, 20), np.bool_)])
    with pytest.raises(ValueError, match="ink is damaged"):
        unpack(data[:keep])
