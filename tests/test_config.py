import os
from dataclasses import fields
from pathlib import Path

import pytest

from digitwatch.config import Config, default_yaml, load, make_folders, parse
from digitwatch.errors import ConfigError

ROOT = Path(__file__).parent.parent


def test_the_config_file_of_the_project_shows_every_setting_with_its_default():
    text = (ROOT / "config.yaml").read_text(encoding="utf-8")
    assert text == default_yaml()
    assert parse(text, ROOT) == parse("", ROOT)
    assert all(f"\n{setting.name}: " in text for setting in fields(Config))


def test_an_empty_file_means_the_defaults_with_folders_beside_it(tmp_path):
    path = tmp_path / "config.yaml"
    path.touch()
    config = load(path)
    assert config.inbox == tmp_path / "inbox"
    assert config.delimiter == ","


def test_folders_are_relative_to_the_file_and_not_to_where_one_stands(tmp_path, monkeypatch):
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "my.yaml").write_text("inbox: ../drawings\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert load(Path("settings/my.yaml")).inbox.resolve() == (tmp_path / "drawings").resolve()


def test_a_byte_order_mark_as_notepad_writes_it_is_no_obstacle(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("jobs: 1\n", encoding="utf-8-sig")
    assert load(path).jobs == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("inbocks: here", ["unknown key 'inbocks'", "inbox"]),
        ("jobs: 1\njobs: 2", ["'jobs' is given twice"]),
        ("recursive: 1", ["recursive is 1", "true or false"]),
        ("recursive: 'yes'", ["recursive", "true or false"]),
        ("jobs: two", ["jobs is 'two'", "whole number"]),
        ("jobs: true", ["jobs is True", "whole number"]),
        ("jobs: 1.5", ["jobs is 1.5", "whole number"]),
        ("jobs: -1", ["jobs is -1", "at least 0"]),
        ("review_below: 101", ["review_below is 101", "at most 100"]),
        ("rescan_seconds: 0", ["rescan_seconds", "at least 0.2"]),
        ("rescan_seconds: .nan", ["rescan_seconds", "a number"]),
        ("rescan_seconds: .inf", ["rescan_seconds", "at most"]),
        ("after: delete", ["after is 'delete'", "'keep', 'move'"]),
        ("layout:", ["layout is None", "text"]),
        ("inbox: 7", ["inbox is 7", "text"]),
        ("inbox: ''", ["inbox is ''", "text"]),
        ("delimiter: '|'", ["delimiter is '|'", "';'"]),
        ("- inbox", ["holds no settings"]),
        ("inbox", ["holds no settings"]),
        ('inbox: "C:\\draw"', ["line 1", "without quotation marks"]),
        ("inbox: [", ["not valid YAML"]),
        ("inbox: a\x07", ["not valid YAML"]),
        ("[" * 3000, ["not valid YAML"]),
        pytest.param(
            "inbox: ~nobody-of-this-name/x",
            ["inbox", "no folder's name"],
            marks=pytest.mark.skipif(os.name == "nt", reason="Windows takes any name for a user's"),
        ),
        ('inbox: "a\\0b"', ["inbox", "no folder's name"]),
        (f"rescan_seconds: {'9' * 400}", ["rescan_seconds"]),
        ("outbox: inbox/out", ["outbox lies in the inbox"]),
        ("models: inbox", ["models lies in the inbox"]),
        ("inbox: .", ["outbox lies in the inbox"]),
        ("inbox: outbox/thumbnails", ["inbox is the outbox's own folder 'thumbnails'"]),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_that_names_the_key_and_the_remedy(
    tmp_path, text, words
):
    with pytest.raises(ConfigError) as caught:
        parse(text, tmp_path)
    line = str(caught.value)
    assert caught.value.exit_code == 2
    assert caught.value.remedy
    assert "\n" not in line
    assert all(word in line for word in words)


def test_an_outbox_that_is_in_the_inbox_only_by_a_link_is_refused_too(tmp_path):
    (tmp_path / "inbox" / "inner").mkdir(parents=True)
    try:
        link = tmp_path / "elsewhere"
        link.symlink_to(tmp_path / "inbox" / "inner", target_is_directory=True)
    except OSError:
        pytest.skip("links need a right that this account lacks")
    if (tmp_path / "elsewhere").resolve() == tmp_path.resolve() / "elsewhere":
        pytest.skip("links are not resolved here")
    with pytest.raises(ConfigError, match="outbox lies in the inbox"):
        parse("outbox: elsewhere", tmp_path)


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00inbox: x", b"inbox: caf\xe9"])
def test_a_file_that_cannot_be_read_is_named_with_a_remedy(tmp_path, content):
    path = tmp_path / "settings.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"settings\.yaml.*--config"):
        load(path)


def test_our_folders_are_made_but_not_their_parents(tmp_path):
    config = parse("outbox: far/away", tmp_path)
    make_folders(config, "inbox", "models")
    assert config.inbox.is_dir()
    assert config.models.is_dir()
    with pytest.raises(ConfigError, match=r"outbox: the folder .*far does not exist"):
        make_folders(config, "outbox")


def test_a_file_in_the_place_of_a_folder_is_named(tmp_path):
    (tmp_path / "inbox").touch()
    with pytest.raises(ConfigError, match=r"inbox: .* is a file"):
        make_folders(parse("", tmp_path), "inbox")
