"""Pixels to grids: pure functions on arrays, apart from decoding."""
