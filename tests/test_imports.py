"""The walls between the rooms, and what the commands must not wait for."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

HEAVY = ("numpy", "sklearn", "scipy", "skimage", "pandas", "matplotlib", "PIL", "watchdog", "tqdm")


def test_imports_run_downwards_only():
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command as run; run()",
    ]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert found.returncode == 0, found.stdout + found.stderr


def test_help_waits_for_no_heavy_library():
    code = (
        "import sys\nfrom digitwatch.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, encoding="utf-8", check=True
    )
    assert "classify" in found.stdout
    assert found.stdout.splitlines()[-1] == "[]"
