"""digitwatch reads handwritten digits from the drawings and scans that people save.

What the name `digitwatch` gives to programs is listed in `__all__`, and described with an example
each in docs/reference.md. It comes from `digitwatch.library`, which is imported when one of these
names is first asked for: to import digitwatch itself takes no time.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from digitwatch.library import (
        DigitwatchError,
        Glyph,
        Mark,
        Reading,
        draw_picture,
        find_glyphs,
        load_model,
        read_digits,
        to_grid,
    )

__version__ = "0.1.0"

__all__ = [
    "DigitwatchError",
    "Glyph",
    "Mark",
    "Reading",
    "__version__",
    "draw_picture",
    "find_glyphs",
    "load_model",
    "read_digits",
    "to_grid",
]


def __getattr__(name: str) -> Any:
    """Fetch one of the names of `__all__`."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - as all else here

    return getattr(import_module("digitwatch.library"), name)


def __dir__() -> list[str]:
    """List what is there to be fetched, too."""
    return sorted({*globals(), *__all__})
