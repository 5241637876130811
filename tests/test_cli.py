import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from digitwatch.cli import main
from tests.waiting import wait_until

ROOT = Path(__file__).parent.parent


@pytest.fixture
def home(tmp_path, models, monkeypatch):
    """A folder to stand in, whose configuration names a model that is there."""
    text = f"models: {json.dumps(str(models))}\nreview_below: 50\nrescan_seconds: 0.5\n"
    (tmp_path / "config.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "drawings").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_classify_reads_a_folder_and_says_what_it_read(home, draw, capsys):
    (home / "drawings" / "seven.png").write_bytes(draw(7))
    assert main(["classify", "drawings"]) == 0
    shown = capsys.readouterr().out
    assert "seven.png:  7" in shown
    assert "1 file: 1 ok" in shown
    assert (home / "outbox" / "predictions.csv").exists()
    assert main(["classify", "drawings"]) == 0
    assert "1 read before" in capsys.readouterr().out


def test_classify_exits_with_1_when_a_file_failed(home, capsys):
    (home / "drawings" / "bad.png").write_bytes(b"no picture")
    assert main(["classify", "drawings", "--output", "elsewhere"]) == 1
    assert "bad.png" in capsys.readouterr().out
    assert (home / "elsewhere" / "predictions.csv").exists()
    assert not (home / "outbox").exists()


def test_a_long_batch_shows_only_what_failed(home, draw, capsys):
    for number in range(26):
        (home / "drawings" / f"{number}.png").write_bytes(draw(7))
    (home / "drawings" / "bad.png").write_bytes(b"no picture")
    assert main(["classify", "drawings"]) == 1
    shown = capsys.readouterr().out
    assert "bad.png" in shown
    assert "25.png" not in shown


@pytest.mark.parametrize(
    ("arguments", "config", "code", "words"),
    [
        (["classify", "nowhere"], "", 2, "there is no nowhere"),
        (["classify", "drawings", "--config", "no.yaml"], "", 2, "no.yaml"),
        (["--config", "no.yaml", "classify", "drawings"], "", 2, "no.yaml"),
        (
            ["classify", "drawings", "--output", "inbox"],
            "",
            2,
            "--output: outbox lies in the inbox",
        ),
        (["status", "--config", "drawings"], "", 2, "cannot read the configuration drawings"),
        (["export", "drawings"], "", 2, "is a folder; give the name of a file in it"),
        (["export", "drawings/a\nb.txt"], "", 2, "ends neither in .csv nor"),
        (["watch"], "inbocks: x", 2, "unknown key 'inbocks'"),
        (["watch"], "outbox: inbox", 2, "outbox lies in the inbox"),
        (["watch"], "inbox: no/such/place", 2, "does not exist"),
        (["classify", "drawings"], "models: empty", 3, "digitwatch train"),
    ],
)
def test_an_error_is_one_line_with_a_remedy_and_its_exit_code(
    home, capsys, arguments, config, code, words
):
    (home / "empty").mkdir()
    (home / "config.yaml").write_text(config, encoding="utf-8")
    assert main(arguments) == code
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "--seed", "minus one"], "'minus one' is not a whole number"),
        (["train", "--data", ""], "--data: '' is no path"),
        (["evaluate", ""], "FOLDER: '' is no path"),
        (["classify", "x", "--scheduler", ""], "--scheduler: '' is no address"),
        (["classify", "x", "--jobs", "2", "--scheduler", "tcp://a:1"], "not allowed with"),
    ],
)
def test_a_wrong_command_line_exits_with_2(capsys, arguments, words):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert words in capsys.readouterr().err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
@pytest.mark.usefixtures("home")
def test_output_that_a_full_disk_does_not_take_is_an_error_in_one_line():
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": ""}
    command = [sys.executable, "-m", "digitwatch", "export"]
    with Path("/dev/full").open("wb") as full:
        program = subprocess.run(
            command, env=environment, stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert program.returncode == 1
    assert program.stderr.startswith("digitwatch: No space left on device; free some space")
    assert program.stderr.count("\n") == 1


def test_where_nothing_of_ours_is_it_says_that_there_is_no_configuration(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert main(["status"]) == 1
    assert f"There is no config.yaml in {tmp_path}" in capsys.readouterr().err
    (tmp_path / "outbox").mkdir()
    assert main(["status"]) == 1
    assert capsys.readouterr().err == ""


def test_without_a_command_the_help_is_shown(capsys):
    assert main([]) == 2
    shown = capsys.readouterr()
    assert not shown.out
    assert "review" in shown.err
    assert "digitwatch: error" not in shown.err


@pytest.mark.usefixtures("home")
def test_verbose_shows_where_an_error_came_from(capsys):
    assert main(["classify", "nowhere", "--verbose"]) == 2
    assert "Traceback" in capsys.readouterr().err


def test_demo_reads_what_it_draws_with_the_real_watcher(home, capsys, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(home))
    monkeypatch.setattr("tempfile.tempdir", str(home))
    assert main(["demo"]) == 0
    shown = capsys.readouterr().out
    assert "nine, transparent.png" in shown
    right = int(shown.split(" of 10 read right")[0].split()[-1])
    assert right >= 7
    (demo,) = home.glob("digitwatch-demo-*")
    assert len(list((demo / "outbox" / "thumbnails").rglob("*.png"))) == 10


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_watch_runs_as_a_program_and_ends_cleanly_when_told_to(home, draw, number):
    command = [sys.executable, "-m", "digitwatch", "watch"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    table = home / "outbox" / "predictions.csv"
    with subprocess.Popen(
        command, cwd=home, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
    ) as program:
        try:
            wait_until((home / "inbox").exists)
            (home / "inbox" / "seven.png").write_bytes(draw(7))
            wait_until(lambda: table.exists() and "seven.png" in table.read_text(encoding="utf-8"))
            program.send_signal(number)
            shown = program.communicate(timeout=30)[0]
        finally:
            program.kill()
    assert program.returncode == 0
    assert "seven.png:  7" in shown
    assert "stopped" in shown
    assert "seven.png" in (home / "outbox" / "digitwatch.log").read_text(encoding="utf-8")


def test_evaluate_and_explain_show_figures_and_pictures(home, draw, capsys, monkeypatch):
    (home / "drawings" / "7").mkdir()
    (home / "drawings" / "7" / "mine.png").write_bytes(draw(7))
    assert main(["evaluate", "drawings", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["digits"]
    (home / "drawings" / "7_mine.png").write_bytes(draw(7))
    monkeypatch.chdir(home / "drawings")
    assert main(["evaluate", ".", "--config", "../config.yaml"]) == 0
    shown = capsys.readouterr().out
    assert "evaluation.html" in shown
    assert "\ndrawings  " in shown
    assert "\ndrawings/7  " in shown
    monkeypatch.chdir(home)
    assert main(["explain", "drawings/7/mine.png"]) == 0
    assert "read as 7" in capsys.readouterr().out
    assert list((home / "outbox" / "explained").glob("*.png"))


def test_figures_that_cannot_be_kept_are_shown_all_the_same(home, draw, capsys):
    (home / "drawings" / "7_a.png").write_bytes(draw(7))
    (home / "outbox").mkdir()
    (home / "outbox" / "evaluation").write_bytes(b"")
    assert main(["evaluate", "drawings"]) == 1
    shown = capsys.readouterr()
    assert "of 1 digits are read right" in shown.out
    assert "evaluation cannot be written: " in shown.err
    assert "; move away what bears that name" in shown.err


def test_export_takes_what_was_typed_and_hands_out_everything(home, draw, capsys):
    (home / "seven.png").write_bytes(draw(7))
    assert main(["classify", "seven.png"]) == 0
    table = home / "outbox" / "predictions.csv"
    table.write_bytes(table.read_bytes().replace(b",,thumb", b",052,thumb"))
    assert main(["export", "all.csv"]) == 0
    shown = capsys.readouterr()
    assert "1 correction in the table, new since the last time." in shown.out
    assert "row 2 (seven.png), correct '052': 1 mark was read" in shown.err
    assert ",0 5 2,thumb" in (home / "all.csv").read_text("utf-8-sig")


def test_export_makes_a_table_anew_that_was_destroyed(home, draw, capsys):
    (home / "seven.png").write_bytes(draw(7))
    assert main(["classify", "seven.png"]) == 0
    table = home / "outbox" / "predictions.csv"
    before = table.read_bytes()
    table.write_bytes(b"nothing of ours\r\n")
    assert main(["export", "--rebuild"]) == 0
    assert table.read_bytes() == before
    assert "is made anew: 1 row." in capsys.readouterr().out
