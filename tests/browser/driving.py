"""A Chromium without a window."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip


def why_not() -> str:
    """Why there can be none; empty where there can."""
    has_both = any(map(shutil.which, BROWSERS)) and shutil.which("chromedriver")
    return "" if has_both else "there is no Chromium with its chromedriver on this machine"


@contextmanager
def chromium(profile: Path) -> Iterator[Chrome]:
    """Start one that keeps what it has to keep in the folder `profile`."""
    options = ChromeOptions()
    options.binary_location = next(filter(None, map(shutil.which, BROWSERS)))
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # Given the driver's path, selenium does not look for one to download.
    chrome = Chrome(options=options, service=Service(executable_path=shutil.which("chromedriver")))
    try:
        yield chrome
    finally:
        chrome.quit()


def resize(chrome: Chrome, width: int, height: int) -> None:
    """Make the window so many CSS pixels wide and high, less than a real one may have, too."""
    chrome.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
    )
