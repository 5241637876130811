import json
import logging
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import numpy as np
import pytest

from digitwatch.config import load
from digitwatch.errors import ModelError
from digitwatch.learning import model_store
from digitwatch.learning.training import learn
from digitwatch.recording.outbox import Outbox
from digitwatch.running import instance, service, watch
from digitwatch.running.instance import is_running, last_status
from digitwatch.running.service import Service, StoppedError
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def other_models(base, tmp_path_factory):
    """A folder with another model than `models` has: it learned every second drawing."""
    folder = tmp_path_factory.mktemp("other")
    half = base.drawn.take(np.arange(0, len(base.drawn), 2))
    model_store.save(learn(replace(base, drawn=half)), folder)
    return folder


@pytest.fixture
def home(desk, models, monkeypatch):
    """A configuration file with folders and a model of its own."""
    monkeypatch.setattr(service, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(service, "SETTLE_SECONDS", 0.1)
    monkeypatch.setattr(watch, "IDLE_SECONDS", 0.05)
    for seconds in ("LOOK_SECONDS", "TELL_SECONDS"):
        monkeypatch.setattr(instance, seconds, 0.05)
    folder = desk.inbox.parent
    for file in model_store.files_of(models):
        shutil.copy(file, desk.config.models)
    write_settings(folder)
    return folder


def write_settings(home, **settings):
    lines = {"rescan_seconds": 0.5, "settle_seconds": 0.3} | settings
    text = "".join(f"{key}: {json.dumps(value)}\n" for key, value in lines.items())
    (home / "config.yaml").write_text(text, encoding="utf-8")


@pytest.fixture
def serving(home):
    """Run the service in a thread; what it raises comes out at the end."""
    stop = Event()
    with ThreadPoolExecutor(1) as pool:
        running = Service(load(home / "config.yaml"), home / "config.yaml", stop)
        future = pool.submit(running.run, lambda config, _: model_store.load(config.models))
        yield future
        stop.set()
        future.result(timeout=30)


def last_row(home, outbox="outbox"):
    with Outbox(home / outbox) as opened:
        found = opened.ledger._records("ORDER BY number DESC LIMIT 1")  # noqa: SLF001 - of any file
    return found[0] if found else None


def read_one(home, draw, name, inbox="inbox", outbox="outbox"):
    (home / inbox / name).write_bytes(draw(7, seed=len(name)))
    wait_until(lambda: (row := last_row(home, outbox)) and row.file == name)
    return last_row(home, outbox)


def hindrance(home, what):
    return last_status(home / "outbox").get("hindrances", {}).get(what, "")


@pytest.mark.usefixtures("serving")
def test_a_new_model_is_used_from_the_next_drawing_on(home, draw, other_models, caplog):
    first = read_one(home, draw, "a.png")
    with caplog.at_level(logging.INFO, "digitwatch"):
        for file in model_store.files_of(other_models):
            shutil.copy(file, home / "models")
        wait_until(lambda: "a new model is used" in caplog.text)
    second = read_one(home, draw, "bb.png")
    assert first.model != second.model
    wait_until(lambda: last_status(home / "outbox")["model"] == second.model)


@pytest.mark.usefixtures("serving")
def test_a_model_that_cannot_be_used_is_refused_and_the_old_one_stays(home, draw, caplog):
    first = read_one(home, draw, "a.png")
    manifest, model = model_store.files_of(home / "models")
    whole = model.read_bytes()
    model.write_bytes(whole[:-10])
    wait_until(lambda: "damaged" in hindrance(home, "model"))
    assert read_one(home, draw, "bb.png").model == first.model
    model.write_bytes(whole)
    wait_until(lambda: not hindrance(home, "model"))
    manifest.unlink()
    wait_until(lambda: "no manifest" in hindrance(home, "model"))
    assert read_one(home, draw, "ccc.png").model == first.model
    assert "the old model stays in use" in caplog.text


@pytest.mark.usefixtures("serving")
def test_settings_are_taken_up_without_a_restart(home, draw):
    read_one(home, draw, "a.png")
    before = last_status(home / "outbox")
    write_settings(home, review_below=100)
    wait_until(lambda: _next_status(home, draw) == "review")
    assert last_status(home / "outbox")["instance"] == before["instance"]


def _next_status(home, draw):
    name = f"{len(list((home / 'inbox').iterdir()))}-more.png"
    return read_one(home, draw, name).status


@pytest.mark.usefixtures("serving")
def test_settings_that_cannot_be_are_refused_until_they_are_mended(home, draw, caplog):
    read_one(home, draw, "a.png")
    for text, words in (("inbocks: x\n", "unknown key"), ("outbox: inbox\n", "lies in the inbox")):
        (home / "config.yaml").write_text(text, encoding="utf-8")
        wait_until(lambda words=words: words in hindrance(home, "configuration"))  # type: ignore[misc]  # bound now
    assert "the old settings stay" in caplog.text
    read_one(home, draw, "bb.png")
    write_settings(home)
    wait_until(lambda: not hindrance(home, "configuration"))
    read_one(home, draw, "ccc.png")


@pytest.mark.usefixtures("serving")
def test_a_configuration_that_is_gone_for_a_moment_changes_nothing(home, draw):
    write_settings(home, review_below=1)
    wait_until(lambda: _next_status(home, draw) == "ok")
    (home / "config.yaml").unlink()
    read_one(home, draw, "gone.png")
    assert not hindrance(home, "configuration")


@pytest.mark.usefixtures("serving")
def test_the_watcher_moves_to_another_inbox_and_outbox(home, draw):
    read_one(home, draw, "a.png")
    write_settings(home, inbox="letters", outbox="results")
    wait_until(lambda: is_running(home / "results"))
    wait_until(lambda: not is_running(home / "outbox"))
    assert read_one(home, draw, "bb.png", "letters", "results").file == "bb.png"
    assert last_status(home / "outbox")["state"] == "stopped"


@pytest.mark.usefixtures("serving")
def test_an_outbox_that_has_its_watcher_is_not_taken_from_it(home, draw, models):
    (home / "results").mkdir()
    (home / "other").mkdir()
    read_one(home, draw, "a.png")
    other = load_other(home, models)
    stop = Event()
    with ThreadPoolExecutor(1) as pool:
        second = pool.submit(
            Service(other, home / "other.yaml", stop).run, lambda _, __: model_store.load(models)
        )
        wait_until(lambda: is_running(home / "results"))
        write_settings(home, outbox="results")
        wait_until(lambda: "another watcher" in hindrance(home, "configuration"))
        read_one(home, draw, "bb.png")
        stop.set()
        second.result(timeout=30)


def load_other(home, models):
    text = f"inbox: other\noutbox: results\nmodels: {json.dumps(str(models))}\n"
    (home / "other.yaml").write_text(text, encoding="utf-8")
    return load(home / "other.yaml")


def test_what_ends_the_service_is_in_the_log_and_the_status(home):
    (home / "outbox" / "digitwatch.db").write_bytes(b"no database" * 500)
    running = Service(load(home / "config.yaml"), home / "config.yaml", Event())
    with pytest.raises(Exception, match="damaged"):
        running.run(lambda config, _: model_store.load(config.models))
    assert "damaged" in last_status(home / "outbox")["error"]
    assert "damaged" in (home / "outbox" / "digitwatch.log").read_text(encoding="utf-8")


def test_without_a_model_it_ends_and_says_so(home):
    def fail(*_):
        raise ModelError("there is no model", "run: digitwatch train")

    with pytest.raises(ModelError):
        Service(load(home / "config.yaml"), home / "config.yaml", Event()).run(fail)
    assert "there is no model" in last_status(home / "outbox")["error"]


def test_being_stopped_before_it_watches_is_no_error(home):
    def stop(*_):
        raise StoppedError

    Service(load(home / "config.yaml"), home / "config.yaml", Event()).run(stop)
    assert last_status(home / "outbox")["state"] == "stopped"
