import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from digitwatch.running import systemd
from digitwatch.running.launch import Launch
from digitwatch.running.programs import NOT_RUN, Answer
from digitwatch.running.systemd import unit_text

pytestmark = pytest.mark.skipif(os.name == "nt", reason="systemd knows no paths of Windows")

LAUNCH = Launch(
    Path("/home/ann/venv/bin/python"),
    ("-P", "-m", "digitwatch", "watch", "--config", "/home/ann/my drawings/config.yaml"),
    Path("/home/ann/my drawings"),
    "digitwatch-0a1b2c3d",
)
UNIT = f"{LAUNCH.name}.service"
ANALYZE = shutil.which("systemd-analyze") or ""


def line_of(launch, key):
    lines = [line for line in unit_text(launch).splitlines() if line.startswith(f"{key}=")]
    assert len(lines) == 1
    return lines[0].removeprefix(f"{key}=")


class Systemd:
    """Answers as `systemctl --user` does, and refuses one word."""

    def __init__(self, folder, refused=""):
        self.asked = []
        self._folder = folder
        self._refused = refused

    def __call__(self, command):
        assert command[:2] == ["systemctl", "--user"]
        word, *names = command[2:]
        self.asked.append(word)
        if word == self._refused:
            return Answer(1, f"Failed to {word}")
        if word == "enable":
            link = self._folder / "default.target.wants" / names[0]
            link.parent.mkdir(exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(self._folder / names[0])
        return Answer(0)


def files_in(folder):
    return sorted(path.name for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


def test_the_unit_starts_the_watcher_at_logon_and_again_when_it_fails():
    assert unit_text(LAUNCH) == (
        "[Unit]\n"
        "Description=digitwatch in /home/ann/my drawings/\n"
        "StartLimitIntervalSec=0\n"
        "\n"
        "[Service]\n"
        "Type=exec\n"
        "WorkingDirectory=/home/ann/my drawings/\n"
        'ExecStart="/home/ann/venv/bin/python" "-P" "-m" "digitwatch" "watch" "--config" '
        '"/home/ann/my drawings/config.yaml"\n'
        "Restart=on-failure\n"
        "RestartSec=30\n"
        "RestartPreventExitStatus=4\n"
        "\n"
        "[Install]\n"
        "WantedBy=default.target\n"
    )


@pytest.mark.parametrize(
    ("argument", "quoted"),
    [
        ("two words", '"two words"'),
        ('50% of "all" $HOME/c.yaml', r'"50%% of \"all\" $$HOME/c.yaml"'),
        ("${HOME}", '"$${HOME}"'),
        ("back\\slash\\", r'"back\\slash\\"'),
        ("it's", '"it\'s"'),
        ("", '""'),
        (";", '";"'),
    ],
)
def test_what_systemd_would_take_for_its_own_is_quoted(argument, quoted):
    launch = Launch(Path("/bin/python"), (argument,), Path("/"), "digitwatch-1")
    assert line_of(launch, "ExecStart") == f'"/bin/python" {quoted}'


@pytest.mark.parametrize("name", ["it's", 'a "b"', "back\\slash", "$HOME"])
def test_a_program_whose_path_systemd_refuses_is_run_by_the_shell(name):
    launch = Launch(Path("/opt", name, "python"), ("-P",), Path("/"), "digitwatch-1")
    begin = r'"/bin/sh" "-c" "exec \"$$0\" \"$$@\"" '
    assert line_of(launch, "ExecStart").startswith(begin)


@pytest.mark.parametrize(
    ("folder", "written"),
    [
        ("/home/50% of all", "/home/50%% of all/"),
        ('/home/"a" $HOME', '/home/"a" $HOME/'),
        ("/home/ends in space ", "/home/ends in space /"),
        ("/home/ends\\", "/home/ends\\/"),
    ],
)
def test_the_folder_is_written_as_it_is_but_for_percent_signs(folder, written):
    launch = Launch(Path("/bin/python"), (), Path(folder), "digitwatch-1")
    assert line_of(launch, "WorkingDirectory") == written


@pytest.mark.skipif(not ANALYZE, reason="systemd-analyze is not here")
@pytest.mark.parametrize(
    "name", ["plain", "two words", '50% of "all" $HOME', "it's", "Jörg & Ann\\", "ends in space "]
)
def test_systemd_finds_no_fault_in_the_unit(tmp_path, monkeypatch, name):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    folder = tmp_path / name
    folder.mkdir()
    python = folder / "python"
    python.symlink_to(sys.executable)
    unit = tmp_path / "digitwatch-1.service"
    config = str(folder / "config.yaml")
    launch = Launch(python, ("-m", "digitwatch", "--config", config), folder, "digitwatch-1")
    unit.write_text(unit_text(launch), encoding="utf-8")
    found = subprocess.run(
        [ANALYZE, "verify", "--user", str(unit)],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    # Of the system's own units it may complain, too: of sockets whose path is too long, for one.
    ours = [line for line in found.stderr.splitlines() if "digitwatch" in line]
    assert (found.returncode, ours) == (0, [])


def test_what_is_installed_is_enabled_and_what_is_uninstalled_is_gone(tmp_path):
    ask = Systemd(tmp_path)
    assert not systemd.is_installed(LAUNCH, tmp_path)
    for _ in range(2):
        assert systemd.install(LAUNCH, tmp_path, ask).is_yes
        assert systemd.is_installed(LAUNCH, tmp_path)
        assert (tmp_path / UNIT).read_text(encoding="utf-8") == unit_text(LAUNCH)
    assert systemd.uninstall(LAUNCH, tmp_path, ask)
    assert files_in(tmp_path) == []
    assert not systemd.is_installed(LAUNCH, tmp_path)
    assert not systemd.uninstall(LAUNCH, tmp_path, ask)


def test_systemd_learns_of_the_unit_before_it_is_enabled(tmp_path):
    ask = Systemd(tmp_path)
    systemd.install(LAUNCH, tmp_path, ask)
    assert ask.asked == ["show-environment", "daemon-reload", "enable"]


@pytest.mark.parametrize("refused", ["show-environment", "daemon-reload", "enable"])
def test_where_systemd_refuses_nothing_stays_behind(tmp_path, refused):
    answer = systemd.install(LAUNCH, tmp_path, Systemd(tmp_path, refused))
    assert answer == Answer(1, f"Failed to {refused}")
    assert files_in(tmp_path) == []


def test_without_a_systemd_not_even_a_folder_is_made(tmp_path):
    folder = tmp_path / "systemd" / "user"
    assert not systemd.install(LAUNCH, folder, lambda _: Answer(NOT_RUN)).is_yes
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_a_refusal(tmp_path):
    (tmp_path / "systemd").write_text("a file", encoding="utf-8")
    answer = systemd.install(LAUNCH, tmp_path / "systemd" / "user", Systemd(tmp_path))
    assert answer.code == NOT_RUN
    assert "systemd" in answer.words


def test_what_a_person_disabled_can_still_be_uninstalled(tmp_path):
    ask = Systemd(tmp_path)
    systemd.install(LAUNCH, tmp_path, ask)
    (tmp_path / "default.target.wants" / UNIT).unlink()
    assert not systemd.is_installed(LAUNCH, tmp_path)
    assert systemd.uninstall(LAUNCH, tmp_path, ask)
    assert files_in(tmp_path) == []


def test_it_can_be_uninstalled_where_systemd_does_not_answer(tmp_path):
    systemd.install(LAUNCH, tmp_path, Systemd(tmp_path))
    assert systemd.uninstall(LAUNCH, tmp_path, lambda _: Answer(1, "Failed to connect to bus"))
    assert files_in(tmp_path) == []


def test_units_are_kept_where_the_person_keeps_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", "/elsewhere/config")
    assert systemd.unit_folder() == Path("/elsewhere/config/systemd/user")
    for useless in ("", "relative/config"):
        monkeypatch.setenv("XDG_CONFIG_HOME", useless)
        assert systemd.unit_folder() == tmp_path / ".config/systemd/user"
