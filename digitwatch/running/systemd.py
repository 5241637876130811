"""The systemd of a person: a unit that starts the watcher at logon, and again when it fails."""

import os
from pathlib import Path

from digitwatch.errors import AlreadyRunningError
from digitwatch.files import write_atomically
from digitwatch.running.launch import Launch
from digitwatch.running.programs import NOT_RUN, Answer, Ask


def unit_text(launch: Launch) -> str:
    """The unit (systemd.service(5), systemd.exec(5)).

    It is tried again for ever, since what keeps it from starting, as a drive that is not there
    yet, may end at any time; but not while another watcher does the work.
    """
    # Taken literally but for %. The slash ends a name that ends in a space, which would be
    # dropped, or in a backslash, which would join the next line to this one.
    folder = str(launch.folder).replace("%", "%%") + "/"
    return f"""\
[Unit]
Description=digitwatch in {folder}
StartLimitIntervalSec=0

[Service]
Type=exec
WorkingDirectory={folder}
ExecStart={" ".join(_quoted(word) for word in _acceptable(launch))}
Restart=on-failure
RestartSec=30
RestartPreventExitStatus={AlreadyRunningError.exit_code}

[Install]
WantedBy=default.target
"""


def _acceptable(launch: Launch) -> list[str]:
    """The command, with a program that systemd takes: its path has none of these letters."""
    if not set("'\"\\$") & set(str(launch.program)):
        return launch.command
    return ["/bin/sh", "-c", 'exec "$0" "$@"', *launch.command]


def _quoted(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def unit_folder() -> Path:
    """Where a person keeps their own units."""
    config = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    # A relative one is to be ignored, says the XDG Base Directory Specification.
    return (config if config.is_absolute() else Path.home() / ".config") / "systemd" / "user"


def unit_in(folder: Path, launch: Launch) -> Path:
    """The unit of this launch."""
    return folder / f"{launch.name}.service"


def install(launch: Launch, folder: Path, ask: Ask) -> Answer:
    """Write the unit and enable it; where that fails, nothing stays behind."""
    answer = _systemctl(ask, "show-environment")
    if not answer.is_yes:
        return answer  # there is no systemd for this person
    unit = unit_in(folder, launch)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(unit, unit_text(launch).encode("utf-8"))
    except OSError as error:
        return Answer(NOT_RUN, str(error))
    for words in (("daemon-reload",), ("enable", unit.name)):
        answer = _systemctl(ask, *words)
        if not answer.is_yes:
            uninstall(launch, folder, ask)
            break
    return answer


def is_installed(launch: Launch, folder: Path) -> bool:
    """Whether the unit is enabled: told by the files, so that nobody need be asked."""
    return os.path.lexists(_link(unit_in(folder, launch)))


def start(launch: Launch, ask: Ask) -> bool:
    """Let systemd start it now; False where it does not."""
    return _systemctl(ask, "start", f"{launch.name}.service").is_yes


def uninstall(launch: Launch, folder: Path, ask: Ask) -> bool:
    """Remove the unit; False where there was none. A watcher that it has started goes on."""
    unit = unit_in(folder, launch)
    there = [path for path in (_link(unit), unit) if os.path.lexists(path)]
    for path in there:
        path.unlink()
    if there:
        _systemctl(ask, "daemon-reload")  # without one, there is nobody who would have to know
    return bool(there)


def _link(unit: Path) -> Path:
    """What `systemctl enable` makes of WantedBy, and all that it makes."""
    return unit.parent / "default.target.wants" / unit.name


def _systemctl(ask: Ask, *words: str) -> Answer:
    return ask(["systemctl", "--user", *words])
