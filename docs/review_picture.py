"""Take the picture of the review page, in Chromium: python -m docs.review_picture."""

import tempfile
from dataclasses import replace
from pathlib import Path

from PIL import Image

from digitwatch.config import Config, load, make_folders
from digitwatch.learning import model_store
from digitwatch.recording.outbox import Outbox
from digitwatch.running.drawings import drawing_in
from digitwatch.running.job import read_file
from digitwatch.running.reader import reader_for
from tests.browser.driving import chromium, resize
from tests.pages import BLUE_RULE, Sheet, make
from tests.running.reviewing import running
from tests.waiting import wait_until

DOCS = Path(__file__).parent
SIZE = (1040, 780)
SHOWN = "return state && [...document.images].every((one) => one.complete)"


def main() -> None:
    """Read a page as the watcher would, ask about its least sure digits, and show the first."""
    with tempfile.TemporaryDirectory() as folder:
        config = load(DOCS.parent / "config.yaml")
        home = Path(folder)
        config = replace(config, inbox=home / "inbox", outbox=home / "outbox", review_below=99)
        make_folders(config, "inbox", "outbox")
        _read_page(config)
        with running(config) as (address, _), chromium(home / "profile") as chrome:
            resize(chrome, *SIZE)
            chrome.get(address)
            wait_until(lambda: chrome.execute_script(SHOWN))
            chrome.save_screenshot(str(DOCS / "review.png"))


def _read_page(config: Config) -> None:
    lines = ["2672", "53933697", "236 19 8"]
    sheet = Sheet(rules="lines", rule=BLUE_RULE, skew=2.0, shadow=0.3, touching=0.15, jpeg=85)
    path = config.inbox / "page.png"
    Image.fromarray(make(lines, sheet, seed=29)).save(path)
    reader = reader_for(config, model_store.load(config.models))
    with Outbox(config.outbox) as outbox:
        read_file(drawing_in(config.inbox, path), reader, outbox)


if __name__ == "__main__":
    main()
