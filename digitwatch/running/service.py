"""The service: a watcher from its start to its end, through new models and new settings."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event

from digitwatch import __version__
from digitwatch.config import Config, load, make_folders
from digitwatch.errors import AlreadyRunningError, DigitwatchError, OutboxError
from digitwatch.learning import model_store
from digitwatch.learning.model_store import StoredModel
from digitwatch.recording.log_file import logging_to
from digitwatch.recording.outbox import Outbox
from digitwatch.running.activity import Activity
from digitwatch.running.instance import Instance, is_running
from digitwatch.running.reader import reader_for
from digitwatch.running.sightings import Changes
from digitwatch.running.watch import Watcher

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
"""How often it is looked whether the configuration or the model has become another one."""
SETTLE_SECONDS = 1.0
"""A new configuration or model counts as saved when it has been still for so long."""


class StoppedError(Exception):
    """The service was told to stop while it was not watching yet."""


class Service:
    """Watches with a configuration until `stop` is set.

    A new model and an edited configuration are taken up between two drawings, or refused with a
    line in the log; then the old ones stay.
    """

    def __init__(
        self,
        config: Config,
        config_file: Path,
        stop: Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._config = config
        self._config_file = config_file
        self._stop = stop
        self._clock = clock
        self._activity = Activity(inbox=str(config.inbox))
        # It may have been edited since it was loaded.
        self._config_changes = Changes(config_file, are_known=False)
        self._model: StoredModel | None = None
        self._watcher: Watcher | None = None
        self._look_due = 0.0

    def run(self, get_model: Callable[[Config, Activity], StoredModel]) -> None:
        """Be the watcher of the outbox that the configuration names, until `stop` is set.

        Args:
            get_model: Loads the model or trains one first; raises StoppedError when it is told
                to stop in the middle of that.

        Raises:
            AlreadyRunningError: Another watcher works on the outbox.
            ModelError: There is no usable model.
            OutboxError: The outbox cannot be used.
        """
        threading.excepthook = _log_the_end_of_a_thread
        while not self._stop.is_set():
            outbox = self._config.outbox
            with Instance(outbox, self._activity, self._stop):
                with logging_to(outbox, self._config.log_level, self._say_log_trouble):
                    try:
                        self._model_changes = Changes(*model_store.files_of(self._config.models))
                        self._use(self._model or get_model(self._config, self._activity))
                    except StoppedError:
                        log.info("stopped before there was a model")
                        return
                while not self._stop.is_set() and self._config.outbox == outbox:
                    self._watch()

    def _watch(self) -> None:
        """Watch until `stop` is set or there are other settings."""
        config = self._config
        with logging_to(config.outbox, config.log_level, self._say_log_trouble):
            try:
                outbox = Outbox(config.outbox, config.delimiter)
            except OutboxError as error:
                if self._watcher is None:
                    raise
                self._activity.hinder("ledger", str(error), f"{error}; it is tried again")
                self._stop.wait(LOOK_SECONDS)
                return
            with outbox:
                self._watch_with(config, outbox)

    def _watch_with(self, config: Config, outbox: Outbox) -> None:
        assert self._model  # noqa: S101 - run() has seen to it
        reader = reader_for(config, self._model)
        self._watcher = Watcher(config, reader, outbox, self._activity, self._clock)
        log.info("digitwatch %s reads with model %s", __version__, self._model.id)
        self._watcher.run(self._stop, self._has_other_settings)

    def _use(self, model: StoredModel) -> None:
        self._model = model
        self._activity.model = model.id

    def _has_other_settings(self) -> bool:
        """Look for a new model, which is used at once, and for new settings."""
        now = self._clock()
        if now < self._look_due:
            return False
        self._look_due = now + LOOK_SECONDS
        if self._model_changes.settled(now, SETTLE_SECONDS):
            self._take_up_model()
        return self._config_changes.settled(now, SETTLE_SECONDS) and self._take_up_settings()

    def _take_up_model(self) -> None:
        try:
            model = model_store.load(self._config.models)
        except DigitwatchError as error:
            self._activity.hinder("model", str(error), f"{error}; the old model stays in use")
            return
        self._activity.hinder("model", "")
        if self._model is None or model.id != self._model.id:
            log.info("a new model is used: %s", model.id)
            self._use(model)
            if self._watcher:
                self._watcher.adopt(reader_for(self._config, model))

    def _take_up_settings(self) -> bool:
        if not self._config_file.exists():
            return False  # an editor is replacing it, or it was removed: then all stays as it is
        try:
            config = load(self._config_file)
            model_changes = Changes(*model_store.files_of(config.models))
            model = self._fit(config)
        except Exception as error:  # noqa: BLE001 - whatever is written there, the watch goes on
            self._activity.hinder("configuration", str(error), f"{error}; the old settings stay")
            return False
        self._activity.hinder("configuration", "")
        if config == self._config:
            return False
        log.info("new settings are used from %s", self._config_file)
        self._config, self._model_changes = config, model_changes
        self._use(model)
        self._activity.inbox = str(config.inbox)
        return True

    def _fit(self, config: Config) -> StoredModel:
        """The model for new settings.

        Raises:
            DigitwatchError: These settings cannot be used.
        """
        make_folders(config, "inbox", "outbox", "models")
        if config.outbox != self._config.outbox and is_running(config.outbox):
            raise AlreadyRunningError(f"another watcher already works on {config.outbox}")
        if self._model and config.models == self._config.models:
            return self._model
        return model_store.load(config.models)

    def _say_log_trouble(self, trouble: str) -> None:
        self._activity.hinder("log", trouble)


def _log_the_end_of_a_thread(ended: threading.ExceptHookArgs) -> None:
    name = ended.thread.name if ended.thread else "?"
    log.error("the thread %s has ended", name, exc_info=ended.exc_value)
