"""config.yaml to a frozen Config; whatever is wrong is refused at the start, by the key's name."""

import math
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import yaml

from digitwatch.errors import ConfigError, remedy_for

OUTPUT_FOLDERS = ("thumbnails", "unreadable", "done", "evaluation", "explained")
"""The folders that digitwatch makes in the outbox."""


def _setting(default: Any, comment: str, **limits: Any) -> Any:
    """A key of config.yaml: its default, its line of comment, and what it may be."""
    return field(default=default, metadata={"comment": comment, **limits})


@dataclass(frozen=True)
class Config:
    """The settings. Folders are absolute once they come from `load`."""

    inbox: Path = _setting(Path("inbox"), "drawings are saved here; this folder is watched")
    outbox: Path = _setting(Path("outbox"), "predictions.csv, thumbnails and the log appear here")
    models: Path = _setting(Path("models"), "the trained model and its report are kept here")
    recursive: bool = _setting(True, "also read what lies in folders inside the inbox")
    polling: bool = _setting(
        False, "true for network shares: do not rely on events, only look through"
    )
    rescan_seconds: float = _setting(
        5.0,
        "look through the whole inbox this often, in case an event was lost",
        least=0.2,
        most=3600.0,
    )
    settle_seconds: float = _setting(
        1.0,
        "a file that may be half-written must have been still for so long",
        least=0.0,
        most=3600.0,
    )
    after: str = _setting(
        "keep",
        "keep: drawings stay where they are; move: to outbox/done once they are read",
        choices=("keep", "move"),
    )
    layout: str = _setting(
        "auto",
        "auto: find out; single: one digit a picture; page: many",
        choices=("auto", "single", "page"),
    )
    review_below: int = _setting(
        80, "percent; what is less sure than this is marked for review", least=0, most=100
    )
    delimiter: str = _setting(
        ",", 'of a new predictions.csv; ";" for Excel in many countries', choices=(",", ";", "\t")
    )
    jobs: int = _setting(0, "processor cores to use; 0: all of them", least=0)
    log_level: str = _setting(
        "info", "of digitwatch.log", choices=("debug", "info", "warning", "error")
    )


DEFAULT_CONFIG = Path("config.yaml")
"""Where the settings are unless another file is given."""

LARGEST_WHOLE_NUMBER = 10**15
"""A larger one is no time in seconds, and may be too large for a float."""

FOLDERS = ("inbox", "outbox", "models")


def load(path: Path) -> Config:
    """Read the configuration from `path`; folders in it are relative to the file.

    Raises:
        ConfigError: The file cannot be read or says what cannot be.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"cannot read the configuration {path}: {reason}",
            "give the right file with --config, or leave --config out to use the defaults",
        ) from error
    return parse(text, path.resolve().parent, str(path))


def outbox_of(path: Path) -> Path:
    """The outbox that a configuration names, even where something else in it cannot be.

    So a watcher that goes on with its old settings can still be asked and stopped.

    Raises:
        OSError: The file cannot be read.
    """
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    named = re.search(r"^outbox:[ \t]*([^#\n]+)", text, re.MULTILINE)
    name = named[1].strip().strip("'\"") if named else "outbox"
    return path.resolve().parent / Path(name).expanduser()


def parse(text: str, base: Path, name: str = "config.yaml") -> Config:
    """Turn YAML text into a Config whose folders are relative to `base`.

    Args:
        text: YAML; an empty text means the defaults.
        base: Absolute folder.
        name: What error messages call the file.

    Raises:
        ConfigError: An unknown or doubled key, a wrong type or value, or folders that overlap.
    """
    settings = {setting.name: setting for setting in fields(Config)}
    values: dict[str, Any] = {}
    for key, value in _mapping(text, name).items():
        if key not in settings:
            raise ConfigError(f"{name}: unknown key '{key}'", f"use one of: {', '.join(settings)}")
        values[key] = _checked(name, key, value, settings[key].type, settings[key].metadata)
    config = Config(**values)
    config = _with_folders(config, base)
    refuse_overlap(config, name)
    return config


def _mapping(text: str, name: str) -> Mapping[str, Any]:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise ConfigError(
            f"{name}{place} is not valid YAML: {problem}",
            "write each setting as 'key: value', and Windows paths without quotation marks",
        ) from error
    if node is None:
        return {}
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError(f"{name} holds no settings", "write each setting as 'key: value'")
    keys = [str(key.value) for key, _ in node.value]
    if doubled := [key for key in keys if keys.count(key) > 1]:
        raise ConfigError(f"{name}: '{doubled[0]}' is given twice", "leave one of them")
    return {str(key): value for key, value in content.items()}


def _checked(name: str, key: str, value: Any, kind: Any, limits: Mapping[str, Any]) -> Any:
    """The value in its proper type.

    Raises:
        ConfigError: It is of another type, or outside its limits.
    """
    if kind is float and type(value) is int and abs(value) < LARGEST_WHOLE_NUMBER:
        value = float(value)
    words = {bool: "true or false", int: "a whole number", float: "a number"}
    expected = str if kind is Path else kind
    is_number = isinstance(value, float) and not math.isnan(value)
    if type(value) is not expected or value == "" or (kind is float and not is_number):
        wanted = words.get(kind, "text")
        raise ConfigError(f"{name}: {key} is {value!r}", f"write {wanted}")
    if "choices" in limits and value not in limits["choices"]:
        choices = ", ".join(repr(choice) for choice in limits["choices"])
        raise ConfigError(f"{name}: {key} is {value!r}", f"use one of: {choices}")
    if _is_outside(value, limits):
        bounds = f"at least {limits['least']}"
        bounds += f" and at most {limits['most']}" if "most" in limits else ""
        raise ConfigError(f"{name}: {key} is {value}", f"use {bounds}")
    return _folder(name, key, value) if kind is Path else value


def _folder(name: str, key: str, text: str) -> Path:
    try:
        folder = Path(text).expanduser()
        folder.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise ConfigError(
            f"{name}: {key} is {text!r}, which is no folder's name ({error})", "give another path"
        ) from error
    return folder


def _is_outside(value: Any, limits: Mapping[str, Any]) -> bool:
    too_small = "least" in limits and value < limits["least"]
    too_large = "most" in limits and value > limits["most"]
    return bool(too_small or too_large)


def _with_folders(config: Config, base: Path) -> Config:
    return replace(config, **{key: base / getattr(config, key) for key in FOLDERS})


def refuse_overlap(config: Config, name: str) -> None:
    """Refuse folders that would feed what digitwatch writes back to it, links resolved."""
    inbox = _resolved("inbox", config.inbox, name)
    for key in ("outbox", "models"):
        if _resolved(key, getattr(config, key), name).is_relative_to(inbox):
            raise ConfigError(
                f"{name}: {key} lies in the inbox ({inbox})",
                f"give {key} a folder outside it, or its own output would be read as drawings",
            )
    for folder in OUTPUT_FOLDERS:
        if inbox.is_relative_to((config.outbox / folder).resolve()):
            raise ConfigError(
                f"{name}: inbox is the outbox's own folder '{folder}'", "give inbox another folder"
            )


def _resolved(key: str, folder: Path, name: str) -> Path:
    try:
        return folder.resolve()
    except (OSError, RuntimeError) as error:
        raise ConfigError(
            f"{name}: {key} is {folder}, which leads nowhere ({error})", "give another path"
        ) from error


def make_folders(config: Config, *keys: str) -> None:
    """Make the folders of these settings where they are missing.

    Only the last part of a path is made: a missing parent is more likely a slip of the pen or a
    drive that is not there than a wish.

    Raises:
        ConfigError: A folder cannot be made or written to, or something else bears its name.
    """
    for key in keys:
        folder: Path = getattr(config, key)
        try:
            folder.mkdir(exist_ok=True)
            if key != "inbox":
                tempfile.TemporaryFile(dir=folder).close()
        except FileNotFoundError as error:
            raise ConfigError(
                f"{key}: the folder {folder.parent} does not exist",
                "make it, or correct the path in the configuration",
            ) from error
        except FileExistsError as error:
            raise ConfigError(
                f"{key}: {folder} is a file, not a folder", "give another path"
            ) from error
        except OSError as error:
            raise ConfigError(
                f"{key}: the folder {folder} cannot be written to: {error.strerror}",
                remedy_for(error),
            ) from error


def default_yaml() -> str:
    """The text of config.yaml: every setting with its default and a line of comment."""
    lines = [
        "# The settings of digitwatch. Leaving a line out means its default; folders are relative",
        "# to this file. Write Windows paths without quotation marks: inbox: C:\\Users\\me\\draw",
        "",
    ]
    for setting in fields(Config):
        value = setting.default
        shown = value.as_posix() if isinstance(value, Path) else value
        text = yaml.safe_dump({setting.name: shown}).strip()
        lines.append(f"{text:<24}# {setting.metadata['comment']}")
    return "\n".join(lines) + "\n"
