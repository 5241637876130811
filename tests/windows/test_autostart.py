"""What Windows itself makes of our shortcut and our task."""
# ruff: noqa: E402 - what follows is there on Windows alone

import sys

import pytest

if sys.platform != "win32":
    pytest.skip("these ask Windows itself", allow_module_level=True)
assert sys.platform == "win32"  # for mypy, which does not know skip

import ctypes
import json
import os
import subprocess
from ctypes import WINFUNCTYPE, byref, c_void_p, wintypes
from pathlib import Path

from digitwatch.running import autostart, task_scheduler
from digitwatch.running.launch import Launch, without_console
from digitwatch.running.programs import ask
from digitwatch.running.startup_folder import (
    I_PERSIST_FILE,
    I_SHELL_LINK,
    IN_PROCESS,
    SHELL_LINK,
    shortcut_in,
    startup_folder,
    write_shortcut,
)
from tests.program import IS_WINE
from tests.waiting import wait_until

ARGUMENTS = ("plain", "two words", 'a "quoted" one', "back\\slash\\", "50% of $HOME & <more>", "é")


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "Jörg & Ann" / "my drawings"
    path.mkdir(parents=True)
    return path


@pytest.fixture
def launch(folder):
    """Writes down where it runs and what it was given, into `ran.json` in its folder."""
    code = (
        "import json, os, sys, pathlib\n"
        "text = json.dumps([os.getcwd(), sys.argv[1:], sys.stdout is None])\n"
        "pathlib.Path('new').write_text(text)\n"
        "os.replace('new', 'ran.json')\n"
    )
    (folder / "show.py").write_text(code, encoding="utf-8")
    program = without_console(Path(sys.executable))
    name = f"digitwatch-test-{os.getpid()}"
    return Launch(program, (str(folder / "show.py"), *ARGUMENTS), folder, name)


def read_shortcut(path):
    """Path, arguments, folder and description of a shortcut, as Windows reads them."""
    query = WINFUNCTYPE(ctypes.HRESULT, c_void_p, c_void_p)(0, "QueryInterface")
    load = WINFUNCTYPE(ctypes.HRESULT, wintypes.LPCWSTR, wintypes.DWORD)(5, "Load")
    get = WINFUNCTYPE(ctypes.HRESULT, wintypes.LPWSTR, ctypes.c_int)
    get_path = WINFUNCTYPE(ctypes.HRESULT, wintypes.LPWSTR, ctypes.c_int, c_void_p, wintypes.DWORD)(
        3, "GetPath"
    )
    release = WINFUNCTYPE(wintypes.ULONG)(2, "Release")
    ole32 = ctypes.OleDLL("ole32")
    link, file = c_void_p(), c_void_p()
    ole32.CoInitialize(None)
    ole32.CoCreateInstance(SHELL_LINK, None, IN_PROCESS, I_SHELL_LINK, byref(link))
    query(link, I_PERSIST_FILE, byref(file))
    load(file, str(path), 0)
    text = ctypes.create_unicode_buffer(2048)
    get_path(link, text, len(text), None, 0)
    found = [text.value]
    for place, name in ((10, "GetArguments"), (8, "GetWorkingDirectory"), (6, "GetDescription")):
        get(place, name)(link, text, len(text))
        found.append(text.value)
    release(file)
    release(link)
    ole32.CoUninitialize()
    return found


def test_windows_reads_from_the_shortcut_what_was_written(launch, folder, tmp_path):
    path = tmp_path / "Startup" / "ö.lnk"
    for _ in range(2):
        write_shortcut(path, launch)
        program, arguments, runs_in, description = read_shortcut(path)
        assert Path(program) == launch.program
        assert arguments == subprocess.list2cmdline(launch.arguments)
        assert Path(runs_in) == folder
        assert str(folder) in description


def test_the_shortcut_runs_the_command_in_its_folder_without_a_console(launch, folder, tmp_path):
    path = shortcut_in(tmp_path, launch)
    write_shortcut(path, launch)
    os.startfile(path)  # noqa: S606 - as a person's click does
    wait_until((folder / "ran.json").exists)
    ran_in, arguments, is_silent = json.loads((folder / "ran.json").read_text(encoding="utf-8"))
    assert Path(ran_in) == folder
    assert arguments == list(ARGUMENTS)
    assert is_silent == (launch.program.name.lower() == "pythonw.exe")


def test_a_shortcut_that_cannot_be_written_is_an_error_that_is_expected(launch, tmp_path):
    (tmp_path / "Startup").write_text("a file", encoding="utf-8")
    with pytest.raises(OSError, match=r"\w"):
        write_shortcut(tmp_path / "Startup" / "a.lnk", launch)
    (tmp_path / "b.lnk").mkdir()
    with pytest.raises(OSError, match=r"\w"):
        write_shortcut(tmp_path / "b.lnk", launch)


def test_the_startup_folder_is_found():
    assert startup_folder().is_absolute()
    assert startup_folder().parent.name == "Programs"


def test_the_person_is_named_with_their_domain():
    domain, _, name = task_scheduler.current_user().partition("\\")
    assert domain
    assert name.lower() == os.environ["USERNAME"].lower()


def test_what_windows_says_is_read_in_its_own_encoding():
    letter = next(each for each in "üяあ" if each.encode("oem", "replace").decode("oem") == each)
    answer = ask(["cmd.exe", "/d", "/c", f"echo {letter}"])
    assert (answer.code, answer.words) == (0, letter)


@pytest.mark.skipif(IS_WINE, reason="Wine has no Task Scheduler")
def test_windows_takes_our_task_and_gives_it_up_again(launch, tmp_path):
    user = task_scheduler.current_user()
    try:
        answer = task_scheduler.create(launch, user, ask)
        if not answer.is_yes:
            pytest.skip(f"the Task Scheduler takes no task of this account: {answer.words}")
        told = autostart.install_on_windows(launch, user, tmp_path, ask, write_shortcut)
        assert launch.name in told
        assert not shortcut_in(tmp_path, launch).exists()
        assert task_scheduler.exists(launch, ask)
        assert autostart.uninstall_on_windows(launch, tmp_path, ask) is not None
        assert not task_scheduler.exists(launch, ask)
        assert autostart.uninstall_on_windows(launch, tmp_path, ask) is None
    finally:
        task_scheduler.delete(launch, ask)
