"""So that `python -m digitwatch` does what `digitwatch` does."""

import sys

from digitwatch.cli import main

if __name__ == "__main__":
    sys.exit(main())
