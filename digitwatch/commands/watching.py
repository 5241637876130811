"""Watch the inbox, here or in the background."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from digitwatch import console
from digitwatch.commands.training import load_or_train
from digitwatch.config import DEFAULT_CONFIG, Config, make_folders
from digitwatch.running.signals import stop_on_signals

if TYPE_CHECKING:
    # For the types alone: importing these takes seconds.
    from threading import Event

    from digitwatch.learning.model_store import StoredModel
    from digitwatch.running.activity import Activity
    from digitwatch.running.launch import Launch


def watch(config: Config, options: argparse.Namespace) -> int:
    """Watch the inbox until Ctrl-C, or `digitwatch stop`."""
    from digitwatch.running.background import refuse_second
    from digitwatch.running.service import Service

    make_folders(config, "inbox", "outbox", "models")
    refuse_second(config.outbox)
    print(f"Save drawings into {config.inbox}", f"Find the results in {config.outbox}", sep="\n")
    console.log_to(console.handler())
    stop = stop_on_signals()
    config_file = (options.config or DEFAULT_CONFIG).absolute()
    print("Ctrl-C ends it.", flush=True)
    Service(config, config_file, stop).run(partial(_model_for_service, stop))
    return 0


def _model_for_service(stop: "Event", config: Config, activity: "Activity") -> "StoredModel":
    from digitwatch.running.activity import TRAINING
    from digitwatch.running.service import StoppedError

    def on_progress(step: str, done: float) -> None:
        activity.state = TRAINING
        activity.take_in_hand(f"{step}, {done:.0%}")
        if stop.is_set():
            raise StoppedError

    model = load_or_train(config, on_progress)
    activity.take_in_hand("")
    return model


def start(config: Config, options: argparse.Namespace) -> int:
    """Start a watcher in the background."""
    from digitwatch.running import background

    make_folders(config, "inbox", "outbox", "models")
    print(background.start(_launch(options), config.outbox))
    print(f"Save drawings into {config.inbox}", f"Find the results in {config.outbox}", sep="\n")
    return 0


def stop(config: Config, options: argparse.Namespace) -> int:
    """Let the watcher finish the drawing in hand and end."""
    from digitwatch.running import background

    was_running = background.stop(config.outbox, console.say)
    print("digitwatch has stopped." if was_running else "No watcher was running.")
    return 0


def status(config: Config, options: argparse.Namespace) -> int:
    """Say what the watcher does; 1 when none runs."""
    from digitwatch.running import status as state

    found = state.look(config.outbox)
    print(state.as_json(found) if options.json else state.as_text(found))
    return 0 if found.running else 1


def install(config: Config, options: argparse.Namespace) -> int:
    """Start the watcher now, and whenever this person logs on."""
    from digitwatch.running import autostart
    from digitwatch.running.instance import is_running

    make_folders(config, "inbox", "outbox", "models")
    launch = _launch(options)
    print(autostart.install(launch))
    print("It runs already." if is_running(config.outbox) else _start_installed(config, launch))
    return 0


def _start_installed(config: Config, launch: "Launch") -> str:
    """Start what was installed, by the system where that does it, so that it is looked after."""
    from digitwatch.running import autostart, background
    from digitwatch.running.instance import last_status

    before = last_status(config.outbox).get("instance")
    if autostart.run_installed(launch):
        words = background.wait_for_start(config.outbox, before, lambda: False, seconds=20.0)
        if words:
            return words
    return background.start(launch, config.outbox)


def uninstall(config: Config, options: argparse.Namespace) -> int:
    """Do not start the watcher at logon any more."""
    from digitwatch.running import autostart
    from digitwatch.running.instance import is_running

    print(autostart.uninstall(_launch(options)) or "Nothing was installed.")
    if is_running(config.outbox):
        print("The watcher that runs goes on until: digitwatch stop")
    return 0


def _launch(options: argparse.Namespace) -> "Launch":
    from digitwatch.running.launch import launch_of

    is_default = options.config is None
    config_file = (DEFAULT_CONFIG if DEFAULT_CONFIG.exists() else None) if is_default else None
    return launch_of(options.config or config_file, Path.cwd())
