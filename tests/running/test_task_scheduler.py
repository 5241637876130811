import xml.etree.ElementTree as ET
from pathlib import Path

from digitwatch.running import task_scheduler
from digitwatch.running.launch import Launch
from digitwatch.running.programs import NOT_RUN, Answer
from digitwatch.running.task_scheduler import NAMESPACE, task_xml

FOLDER = r"C:\Users\Jörg & Ann\my  <drawings>"
LAUNCH = Launch(
    Path(r"C:\Program Files\Python\pythonw.exe"),
    ("-P", "-m", "digitwatch", "watch", "--config", rf"{FOLDER}\config.yaml"),
    Path(FOLDER),
    "digitwatch-0a1b2c3d",
)
USER = "DESKTOP-1\\Jörg & Ann"


def parsed(text=None):
    return ET.fromstring(text or task_xml(LAUNCH, USER))  # noqa: S314 - it is our own


def text_of(task, path):
    return task.findtext("/".join(f"{{{NAMESPACE}}}{tag}" for tag in path.split("/")))


def test_the_task_runs_the_command_in_its_folder():
    task = parsed()
    assert text_of(task, "Actions/Exec/Command") == r"C:\Program Files\Python\pythonw.exe"
    assert text_of(task, "Actions/Exec/WorkingDirectory") == FOLDER
    assert text_of(task, "Actions/Exec/Arguments") == (
        rf'-P -m digitwatch watch --config "{FOLDER}\config.yaml"'
    )


def test_the_task_is_started_when_its_person_logs_on_and_runs_as_they_do():
    task = parsed()
    assert text_of(task, "Triggers/LogonTrigger/UserId") == USER
    assert text_of(task, "Principals/Principal/UserId") == USER
    assert text_of(task, "Principals/Principal/LogonType") == "InteractiveToken"
    assert text_of(task, "Principals/Principal/RunLevel") == "LeastPrivilege"


def test_nothing_ends_the_task_but_its_person():
    task = parsed()
    settings = {
        "ExecutionTimeLimit": "PT0S",
        "DisallowStartIfOnBatteries": "false",
        "StopIfGoingOnBatteries": "false",
        "RunOnlyIfIdle": "false",
        "IdleSettings/StopOnIdleEnd": "false",
        "MultipleInstancesPolicy": "IgnoreNew",
    }
    assert {name: text_of(task, f"Settings/{name}") for name in settings} == settings


def test_the_elements_of_the_trigger_stand_in_the_order_that_the_schema_asks_for():
    trigger = parsed().find(f".//{{{NAMESPACE}}}LogonTrigger")
    assert trigger is not None
    assert [child.tag.removeprefix(f"{{{NAMESPACE}}}") for child in trigger] == [
        "Enabled",
        "UserId",
    ]


def test_a_person_who_comes_upon_the_task_reads_which_folder_it_is_for():
    task = parsed()
    assert FOLDER in (text_of(task, "RegistrationInfo/Description") or "")


def test_the_task_scheduler_is_given_utf_16_with_its_mark():
    given = []

    def ask(command):
        given.append(Path(command[command.index("/xml") + 1]).read_bytes())
        return Answer(0)

    assert task_scheduler.create(LAUNCH, USER, ask).is_yes
    assert given[0][:2] in (b"\xff\xfe", b"\xfe\xff")
    assert text_of(parsed(given[0]), "Triggers/LogonTrigger/UserId") == USER


def test_the_task_scheduler_is_run_by_its_full_path(monkeypatch):
    monkeypatch.setenv("SYSTEMROOT", r"D:\Windows")
    asked = []

    def ask(command):
        asked.append(list(command))
        return Answer(NOT_RUN)

    assert not task_scheduler.start(LAUNCH, ask)
    assert asked == [[r"D:\Windows\System32\schtasks.exe", "/run", "/tn", LAUNCH.name]]


def test_a_task_is_there_when_it_is_listed():
    row = f'"\\{LAUNCH.name}","N/A","Ready"'
    assert task_scheduler.exists(LAUNCH, lambda _: Answer(0, row))
    assert not task_scheduler.exists(LAUNCH, lambda _: Answer(1, "ERROR: cannot find the file"))
    assert not task_scheduler.exists(LAUNCH, lambda _: Answer(0, ""))
