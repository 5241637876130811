"""The Task Scheduler of Windows: a task that starts the watcher when its person logs on."""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path, PureWindowsPath

from digitwatch.running.launch import Launch
from digitwatch.running.programs import Answer, Ask

NAMESPACE = "http://schemas.microsoft.com/windows/2004/02/mit/task"

SETTINGS = {
    "MultipleInstancesPolicy": "IgnoreNew",
    "DisallowStartIfOnBatteries": "false",
    "StopIfGoingOnBatteries": "false",
    "StartWhenAvailable": "true",
    "AllowStartOnDemand": "true",
    "RunOnlyIfIdle": "false",
    "ExecutionTimeLimit": "PT0S",  # no limit; left out, it would be ended after three days
    # A person saves a drawing and waits for its row: an interactive task, as one started by hand.
    # 7, the default, would mean a low priority for the processor, for memory and for the disk.
    "Priority": "5",
}
RESTART = {"Interval": "PT1M", "Count": "255"}
"""The shortest and the most that there are. This is for a watcher that cannot be started, as when
its drive is not there yet; of one that was started and killed later, Windows is said to take no
notice (github.com/duolahypercho/codex-router/pull/618)."""


def task_xml(launch: Launch, user: str) -> str:
    r"""The task, as the Task Scheduler takes it.

    Inside a LogonTrigger the order of the elements matters, elsewhere it does not
    (learn.microsoft.com/windows/win32/taskschd/task-scheduler-schema).

    Args:
        launch: What is started.
        user: For whom, and when they log on: `DOMAIN\name`. With another's name or with none in
            the trigger, only an administrator may register it ([MS-TSCH], SchRpcRegisterTask).
    """
    task = ET.Element("Task", version="1.2", xmlns=NAMESPACE)
    _add(task, "RegistrationInfo", Description=description(launch))
    _add(_add(task, "Triggers"), "LogonTrigger", Enabled="true", UserId=user)
    _add(
        _add(task, "Principals"),
        "Principal",
        UserId=user,
        LogonType="InteractiveToken",
        RunLevel="LeastPrivilege",
    ).set("id", "Author")
    settings = _add(task, "Settings", **SETTINGS)
    _add(settings, "IdleSettings", StopOnIdleEnd="false", RestartOnIdle="false")
    _add(settings, "RestartOnFailure", **RESTART)
    actions = _add(task, "Actions")
    actions.set("Context", "Author")
    _add(
        actions,
        "Exec",
        Command=str(launch.program),
        Arguments=subprocess.list2cmdline(launch.arguments),
        WorkingDirectory=str(launch.folder),
    )
    return '<?xml version="1.0" encoding="UTF-16"?>\n' + ET.tostring(task, encoding="unicode")


def _add(parent: ET.Element, tag: str, **texts: str) -> ET.Element:
    child = ET.SubElement(parent, tag)
    for name, text in texts.items():
        ET.SubElement(child, name).text = text
    return child


def description(launch: Launch) -> str:
    """What a person reads who comes upon it in the tools of Windows."""
    return f"Reads handwritten digits (digitwatch, installed in {launch.folder})"


def create(launch: Launch, user: str, ask: Ask) -> Answer:
    """Register the task, in place of an older one of this name."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "task.xml")
        file.write_text(task_xml(launch, user), encoding="utf-16")
        return ask([_schtasks(), "/create", "/tn", launch.name, "/xml", str(file), "/f"])


def exists(launch: Launch, ask: Ask) -> bool:
    """Whether there is such a task."""
    answer = ask([_schtasks(), "/query", "/tn", launch.name, "/fo", "csv", "/nh"])
    return answer.is_yes and launch.name in answer.words


def start(launch: Launch, ask: Ask) -> bool:
    """Let the Task Scheduler start it now; False where it does not."""
    return ask([_schtasks(), "/run", "/tn", launch.name]).is_yes


def delete(launch: Launch, ask: Ask) -> Answer:
    """Delete the task; a watcher that it has started goes on."""
    return ask([_schtasks(), "/delete", "/tn", launch.name, "/f"])


def _schtasks() -> str:
    # By its full path: Windows would look for it in the current folder first.
    system = PureWindowsPath(os.environ.get("SYSTEMROOT", r"C:\Windows"))
    return str(system / "System32" / "schtasks.exe")


if sys.platform == "win32":
    import ctypes
    from ctypes import wintypes

    def current_user() -> str:
        r"""The account that runs us, as `DOMAIN\name`.

        Raises:
            OSError: Windows does not say.
        """
        sam_compatible = 2
        name = ctypes.create_unicode_buffer(512)
        size = wintypes.ULONG(len(name))
        secur32 = ctypes.WinDLL("secur32", use_last_error=True)
        if not secur32.GetUserNameExW(sam_compatible, name, ctypes.byref(size)):
            raise ctypes.WinError(ctypes.get_last_error())
        return name.value
