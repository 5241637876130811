"""Starting at logon: the watcher is registered with whatever the system has for that.

Windows has its Task Scheduler and, where that refuses, the Startup folder; Linux has systemd.
Where there is neither, the person is told what to do.
"""

import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from digitwatch.errors import DigitwatchError
from digitwatch.running import systemd, task_scheduler
from digitwatch.running.launch import Launch
from digitwatch.running.programs import Ask, ask
from digitwatch.running.startup_folder import shortcut_in

if sys.platform == "win32":
    from digitwatch.running.startup_folder import startup_folder, write_shortcut
    from digitwatch.running.task_scheduler import current_user


def install(launch: Launch, ask: Ask = ask) -> str:
    """Let the system start the watcher whenever this person logs on; again and again is fine.

    Returns:
        What was done, for the person.

    Raises:
        DigitwatchError: This system cannot; the remedy is what a person can do instead.
    """
    _refuse_unwritable(launch)
    if sys.platform == "win32":
        return install_on_windows(launch, current_user(), startup_folder(), ask, write_shortcut)
    if sys.platform == "darwin":
        raise DigitwatchError(
            "digitwatch cannot install itself on a Mac",
            "save this line as digitwatch.command, make that executable, and add it in System "
            f"Settings > General > Login Items: {shell_command(launch)}",
        )
    return install_with_systemd(launch, systemd.unit_folder(), ask)


def install_on_windows(
    launch: Launch,
    user: str,
    startup: Path,
    ask: Ask,
    write_shortcut: Callable[[Path, Launch], None],
) -> str:
    """Register a task, or else write a shortcut into the Startup folder; never leave both."""
    shortcut = shortcut_in(startup, launch)
    answer = task_scheduler.create(launch, user, ask)
    if answer.is_yes:
        shortcut.unlink(missing_ok=True)
        return f"The Task Scheduler starts the watcher whenever you log on: task {launch.name}."
    task_scheduler.delete(launch, ask)
    try:
        write_shortcut(shortcut, launch)
    except OSError as error:
        raise DigitwatchError(
            f"neither the Task Scheduler ({answer.words}) nor the Startup folder ({error}) "
            "takes the watcher",
            f"start it yourself when you have logged on: {subprocess.list2cmdline(launch.command)}",
        ) from error
    return (
        f"A shortcut starts the watcher whenever you log on: {shortcut} "
        f"(the Task Scheduler refused: {answer.words})"
    )


def install_with_systemd(launch: Launch, folder: Path, ask: Ask) -> str:
    """Let the systemd of this person start the watcher, from a unit in their folder of units."""
    answer = systemd.install(launch, folder, ask)
    if not answer.is_yes:
        line = f"@reboot {shell_command(launch)}".replace("%", r"\%")  # for cron, % is a line's end
        raise DigitwatchError(
            f"systemd does not start programs for you here ({answer.words})",
            "log on as yourself if you came by su or sudo; or call crontab -e "
            f"and add this line: {line}",
        )
    return (
        f"systemd starts the watcher whenever you log on: {launch.name}.service. "
        "For a watcher that needs no logging on, call also: loginctl enable-linger"
    )


def shell_command(launch: Launch) -> str:
    """The command for a person to paste, wherever it will be run."""
    inside = f"cd {shlex.quote(str(launch.folder))} && exec {shlex.join(launch.command)}"
    return f"sh -c {shlex.quote(inside)}"


def run_installed(launch: Launch, ask: Ask = ask) -> bool:
    """Start the watcher now by the way that was installed, where that is more than a start.

    Returns:
        False where it was not started, and the caller has to.
    """
    if sys.platform == "win32":
        return task_scheduler.start(launch, ask)
    return systemd.start(launch, ask)


def how_installed(launch: Launch, ask: Ask = ask) -> str | None:
    """How the watcher is started at logon, in words; None where it is not.

    Only on Windows, and there only without a shortcut, another program is run to find out: what
    the Task Scheduler keeps in its files and its registry is nobody else's business.
    """
    if sys.platform == "win32":
        return how_installed_on_windows(launch, startup_folder(), ask)
    if systemd.is_installed(launch, systemd.unit_folder()):
        return f"by systemd, {launch.name}.service"
    return None


def how_installed_on_windows(launch: Launch, startup: Path, ask: Ask) -> str | None:
    """See `how_installed`."""
    if shortcut_in(startup, launch).exists():
        return "by a shortcut in your Startup folder"
    if task_scheduler.exists(launch, ask):
        return f"by the Task Scheduler, task {launch.name}"
    return None


def uninstall(launch: Launch, ask: Ask = ask) -> str | None:
    """Remove whatever `install` made, by any of its ways; a watcher that runs goes on.

    Returns:
        What was done, for the person; None where nothing was installed.

    Raises:
        DigitwatchError: It cannot be removed.
    """
    if sys.platform == "win32":
        return uninstall_on_windows(launch, startup_folder(), ask)
    if systemd.uninstall(launch, systemd.unit_folder(), ask):
        return f"systemd no longer starts the watcher: {launch.name}.service is removed."
    return None


def uninstall_on_windows(launch: Launch, startup: Path, ask: Ask) -> str | None:
    """See `uninstall`."""
    removed = []
    shortcut = shortcut_in(startup, launch)
    if shortcut.exists():
        shortcut.unlink()
        removed.append(f"the shortcut {shortcut}")
    if task_scheduler.exists(launch, ask):
        answer = task_scheduler.delete(launch, ask)
        if not answer.is_yes:
            raise DigitwatchError(
                f"the task {launch.name} cannot be deleted: {answer.words}",
                "delete it in the Task Scheduler, as an administrator",
            )
        removed.append(f"the task {launch.name}")
    if not removed:
        return None
    return f"The watcher is no longer started at logon; removed: {' and '.join(removed)}."


def _refuse_unwritable(launch: Launch) -> None:
    """Refuse names that have no place in XML or in a unit: line breaks, and bytes of no letter.

    Raises:
        DigitwatchError: There is such a name.
    """
    for name in (*launch.command, str(launch.folder)):
        if any(letter < " " or "\ud800" <= letter <= "\udfff" for letter in name):
            raise DigitwatchError(
                f"the system cannot be told of a name like {name!a}", "rename the file or folder"
            )
