"""digitwatch reads handwritten digits from the drawings and scans that people save into a folder."""

__version__ = "0.1.0"
