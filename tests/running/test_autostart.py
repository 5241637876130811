import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from digitwatch.errors import DigitwatchError
from digitwatch.running import autostart
from digitwatch.running.launch import Launch
from digitwatch.running.programs import NOT_RUN, Answer
from tests.test_imports import HEAVY

LAUNCH = Launch(Path("/opt/python"), ("-m", "digitwatch"), Path("/home/ann"), "digitwatch-1a2b")
NO_SYSTEMD = Answer(1, "Failed to connect to bus: No medium found")


class TaskScheduler:
    """Answers as schtasks does for the one task that matters here."""

    def __init__(self, *, takes_tasks=True, gives_up_tasks=True):
        self.has_task = False
        self.asked = []
        self._takes_tasks = takes_tasks
        self._gives_up_tasks = gives_up_tasks

    def __call__(self, command):
        word = command[1]
        self.asked.append(word)
        if word == "/create" and self._takes_tasks:
            self.has_task = True
            return Answer(0, "SUCCESS")
        if word == "/delete" and self.has_task and self._gives_up_tasks:
            self.has_task = False
            return Answer(0, "SUCCESS")
        if word == "/query" and self.has_task:
            return Answer(0, f'"\\{LAUNCH.name}","N/A","Ready"')
        return Answer(1, "ERROR: Access is denied.")


def write_shortcut(path, launch):
    path.write_text(launch.name, encoding="utf-8")


def cannot_write_shortcut(path, _):
    raise PermissionError(13, "Permission denied", str(path))


@pytest.fixture
def shortcut(tmp_path):
    return tmp_path / f"{LAUNCH.name}.lnk"


def install(tmp_path, ask, write=write_shortcut):
    return autostart.install_on_windows(LAUNCH, "PC\\ann", tmp_path, ask, write)


def uninstall(tmp_path, ask):
    return autostart.uninstall_on_windows(LAUNCH, tmp_path, ask)


def how_installed(tmp_path, ask):
    return autostart.how_installed_on_windows(LAUNCH, tmp_path, ask)


def test_on_windows_a_task_is_registered_and_deleted(tmp_path):
    ask = TaskScheduler()
    for _ in range(2):
        assert f"task {LAUNCH.name}" in install(tmp_path, ask)
        assert how_installed(tmp_path, ask) == f"by the Task Scheduler, task {LAUNCH.name}"
    assert list(tmp_path.iterdir()) == []
    assert f"the task {LAUNCH.name}" in uninstall(tmp_path, ask)
    assert not ask.has_task
    assert uninstall(tmp_path, ask) is None
    assert how_installed(tmp_path, ask) is None


def test_where_the_task_scheduler_refuses_a_shortcut_is_written_and_deleted(tmp_path, shortcut):
    ask = TaskScheduler(takes_tasks=False)
    for _ in range(2):
        told = install(tmp_path, ask)
        assert str(shortcut) in told
        assert "Access is denied" in told
        assert shortcut.exists()
    assert str(shortcut) in uninstall(tmp_path, ask)
    assert list(tmp_path.iterdir()) == []
    assert uninstall(tmp_path, ask) is None


def test_without_a_task_scheduler_a_shortcut_is_written(tmp_path, shortcut):
    install(tmp_path, lambda _: Answer(NOT_RUN, "schtasks.exe: The system cannot find the file"))
    assert shortcut.exists()


def test_a_shortcut_is_found_without_asking_the_task_scheduler(tmp_path):
    ask = TaskScheduler(takes_tasks=False)
    install(tmp_path, ask)
    ask.asked.clear()
    assert "shortcut" in how_installed(tmp_path, ask)
    assert ask.asked == []


def test_never_do_two_ways_stay(tmp_path, shortcut):
    install(tmp_path, TaskScheduler(takes_tasks=False))
    ask = TaskScheduler()
    install(tmp_path, ask)
    assert not shortcut.exists()
    refusing = TaskScheduler(takes_tasks=False)
    refusing.has_task = True
    install(tmp_path, refusing)
    assert shortcut.exists()
    assert not refusing.has_task


def test_both_ways_are_removed_where_both_are_there(tmp_path, shortcut):
    ask = TaskScheduler()
    install(tmp_path, ask)
    write_shortcut(shortcut, LAUNCH)
    told = uninstall(tmp_path, ask)
    assert f"the shortcut {shortcut} and the task {LAUNCH.name}" in told
    assert not ask.has_task
    assert not shortcut.exists()


def test_a_task_that_stays_is_told_of(tmp_path):
    ask = TaskScheduler(gives_up_tasks=False)
    install(tmp_path, ask)
    with pytest.raises(DigitwatchError, match="cannot be deleted: ERROR: Access is denied") as told:
        uninstall(tmp_path, ask)
    assert "as an administrator" in told.value.remedy


def test_where_windows_takes_neither_the_person_is_told_the_command(tmp_path):
    with pytest.raises(DigitwatchError, match=r"Access is denied.*Permission denied") as told:
        install(tmp_path, TaskScheduler(takes_tasks=False), cannot_write_shortcut)
    assert told.value.remedy.endswith(subprocess.list2cmdline(LAUNCH.command))


def test_the_words_of_systemd_and_a_line_for_cron_are_told_where_it_refuses(tmp_path):
    with pytest.raises(DigitwatchError, match="No medium found") as told:
        autostart.install_with_systemd(LAUNCH, tmp_path, lambda _: NO_SYSTEMD)
    assert told.value.remedy.endswith(f"@reboot {autostart.shell_command(LAUNCH)}")
    assert list(tmp_path.iterdir()) == []


def test_where_systemd_starts_it_the_person_reads_what_to_do_without_logging_on(tmp_path):
    told = autostart.install_with_systemd(LAUNCH, tmp_path, lambda _: Answer(0))
    assert f"{LAUNCH.name}.service" in told
    assert "loginctl enable-linger" in told


@pytest.mark.skipif(os.name == "nt", reason="this is a line for the shells of Unix")
@pytest.mark.parametrize("name", ["plain", "two words", '50% of "all" $HOME', "it's `date` \\"])
def test_the_line_for_cron_runs_the_command_in_its_folder(tmp_path, name):
    folder = tmp_path / name
    folder.mkdir()
    show = "import json, os, sys; print(json.dumps([os.getcwd(), sys.argv[1:]]))"
    launch = Launch(Path(sys.executable), ("-c", show, str(folder / "c.yaml")), folder, "d-1")
    with pytest.raises(DigitwatchError) as told:
        autostart.install_with_systemd(launch, tmp_path, lambda _: NO_SYSTEMD)
    line = told.value.remedy.partition("@reboot ")[2]
    assert line.count("%") == line.count(r"\%")
    command = line.replace(r"\%", "%")  # as cron does
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True)
    assert json.loads(done.stdout) == [str(folder), [str(folder / "c.yaml")]]


@pytest.mark.parametrize("name", ["two\nlines", "a\ttab", "not UTF-8 \udcff"])
def test_a_name_that_cannot_be_written_down_is_refused_before_anything_is_done(name):
    def ask(command):
        pytest.fail(f"{command} was run")

    launch = Launch(Path("/opt/python"), ("--config", f"/home/{name}/c.yaml"), Path("/"), "d-1")
    with pytest.raises(DigitwatchError) as told:
        autostart.install(launch, ask)
    assert told.value.remedy == "rename the file or folder"
    assert str(told.value).isprintable()


def test_a_mac_is_told_of_its_login_items(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(DigitwatchError) as told:
        autostart.install(LAUNCH, lambda _: Answer(0))
    assert "Login Items" in told.value.remedy
    assert told.value.remedy.endswith(autostart.shell_command(LAUNCH))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no systemd")
def test_what_is_installed_is_found_started_and_uninstalled(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    asked = []

    def ask(command):
        asked.append(command[2:])
        return Answer(0)

    assert autostart.how_installed(LAUNCH, ask) is None
    autostart.install(LAUNCH, ask)
    enabled = tmp_path / "systemd/user/default.target.wants" / f"{LAUNCH.name}.service"
    enabled.parent.mkdir()
    enabled.symlink_to(enabled.parent.parent / enabled.name)
    assert autostart.how_installed(LAUNCH, ask) == f"by systemd, {LAUNCH.name}.service"
    assert autostart.run_installed(LAUNCH, ask)
    assert asked[-1] == ["start", f"{LAUNCH.name}.service"]
    assert f"{LAUNCH.name}.service is removed" in (autostart.uninstall(LAUNCH, ask) or "")
    assert autostart.how_installed(LAUNCH, ask) is None
    assert autostart.uninstall(LAUNCH, ask) is None


def test_what_cannot_be_started_is_left_to_the_caller():
    assert not autostart.run_installed(LAUNCH, lambda _: Answer(5, "Unit not found"))


def test_installing_waits_for_no_heavy_library():
    code = (
        "import sys, digitwatch.running.autostart\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert found.stdout.strip() == "[]"
