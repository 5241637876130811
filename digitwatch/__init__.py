"""digitwatch reads handwritten digits from the drawings and scans that people save."""

__version__ = "0.1.0"
