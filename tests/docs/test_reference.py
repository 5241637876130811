"""What the reference says is what the program does, and all of it."""

import ast
import re
import shutil
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from inspect import isfunction, signature
from pathlib import Path

import pytest

import digitwatch
from digitwatch import errors
from digitwatch.arguments import MOST_JOBS, MOST_PORT
from digitwatch.cli import COMMANDS
from digitwatch.config import OUTPUT_FOLDERS, Config
from digitwatch.errors import DigitwatchError
from digitwatch.learning import drift, gate
from digitwatch.learning.model_store import MANIFEST, MODEL, PREVIOUS
from digitwatch.reading import limits
from digitwatch.reading.image import SUFFIXES
from digitwatch.reading.segment import MOST_GLYPHS
from digitwatch.recording import correction
from digitwatch.recording.export import MORE_COLUMNS
from digitwatch.recording.record import BLANK, COLUMNS, ERROR, OK, REVIEW
from digitwatch.running.drawings import MAX_BYTES
from docs.walkthrough import Walk, steps_of
from tests.docs.command_line import TOP, arguments_of, options_of, parsers
from tests.docs.markdown import anchors_of, rows_of, section, titles_below
from tests.program import ROOT

REFERENCE = ROOT / "docs" / "reference.md"
TEXT = REFERENCE.read_text(encoding="utf-8")
STOPPED = 130
"""What `cli.main` returns on Ctrl-C."""

PLACEHOLDER = re.compile(r"\b(?:NAME|REASON|[NWH])\b|\d+|PDF|pypdfium2|digitwatch\[pdf\]")
"""What stands in a note for what differs from one to the next."""


def names(text: str) -> list[str]:
    """What stands in `code` in a cell."""
    return re.findall(r"`([^`]+)`", text)


def table(title: str) -> list[list[str]]:
    """The rows of the table under a heading, before the next one."""
    return rows_of(re.split(r"\n#+ ", section(TEXT, title))[0])


def test_every_command_has_a_chapter_with_its_arguments_and_there_is_no_other():
    written = {title for title in titles_below(TEXT, "Commands") if title.startswith("digitwatch ")}
    assert written == {
        f"digitwatch {name} {arguments_of(sub)}".strip() for name, sub in parsers().items()
    }


def test_every_key_of_the_review_page_is_there():
    page = (ROOT / "digitwatch" / "running" / "review" / "page" / "index.html").read_text("utf-8")
    written = {name for row in table("digitwatch review") for name in names(row[0])}
    assert set(re.findall("<kbd>(.+?)</kbd>", page)) <= written


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_of_a_command_is_there_and_no_other(name):
    sub = parsers()[name]
    written = table(f"digitwatch {name} {arguments_of(sub)}".strip())
    everywhere = options_of(TOP) | {"--help"}
    options = {name for row in written for name in names(row[0]) if name.startswith("--")}
    assert options == options_of(sub) - everywhere


def test_the_options_of_every_command_are_there_and_no_other():
    written = {option for row in table("Options of every command") for option in names(row[0])}
    assert written == options_of(TOP)


def test_every_setting_has_its_default_and_what_it_may_be():
    settings = {row[0].strip("`"): row for row in table("Settings")}
    assert list(settings) == [setting.name for setting in fields(Config)]
    for setting in fields(Config):
        _, default, allowed, _ = settings[setting.name]
        value = setting.default
        expected = str(value).lower() if isinstance(value, bool) else str(value)
        assert default == f"`{expected}`"
        rules = setting.metadata
        if "choices" in rules:
            assert names(allowed.replace("tab", "`\t`")) == list(rules["choices"])
        elif "most" in rules:
            assert allowed == f"{rules['least']} to {rules['most']}"
        elif "least" in rules:
            assert allowed == f"{rules['least']} or more"
        else:
            assert allowed == ("`true`, `false`" if isinstance(value, bool) else "a folder")


def test_every_column_of_the_table_is_there_in_its_order():
    assert [row[0].strip("`") for row in table("Columns")] == list(COLUMNS)


def test_every_column_that_an_export_has_beside_them_is_there():
    assert set(MORE_COLUMNS) <= set(names(section(TEXT, "digitwatch export [FILE]")))


def test_the_largest_numbers_that_options_take_are_there():
    assert f"cores, 1 to {MOST_JOBS}" in TEXT
    assert f"port, 1 to {MOST_PORT}" in TEXT


def test_every_status_is_there_and_no_other():
    assert [row[0].strip("`") for row in table("Statuses")] == [OK, REVIEW, BLANK, ERROR]


def test_the_figures_of_the_drift_are_those_that_hold():
    chapter = " ".join(section(TEXT, "digitwatch stats").split())
    assert f"{drift.FEWEST} marks are needed" in chapter
    assert f"up to {drift.SMALL} is nothing, from {drift.LARGE} on a shift is large" in chapter


def test_every_exit_code_is_there_and_no_other():
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, DigitwatchError)
    ]
    assert {int(row[0]) for row in table("Exit codes")} == {
        0, STOPPED, *(kind.exit_code for kind in kinds)
    }  # fmt: skip


def test_every_folder_and_file_that_is_made_is_there():
    written = {names(row[0])[0].rstrip("/") for row in table("What is in the outbox")}
    files = {"export.csv", "stats.png", "digitwatch.db", "digitwatch.log"}
    tables = {"predictions.csv", "predictions-before-TIME.csv"}
    assert written == {*OUTPUT_FOLDERS, *files, *tables}
    written = {names(row[0])[0] for row in table("The model and its report")}
    lines = {gate.SHUFFLED, gate.UNSHUFFLED, gate.DRAWN, gate.LESSONS}
    assert written == {MODEL, PREVIOUS, MANIFEST, "report.html", "report.json", *lines}


def test_every_note_is_one_that_the_program_writes():
    code = "".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "digitwatch").rglob("*.py"))
    )
    sentences = re.sub(r'"\s*\n\s*f?"', "", code).replace("\\", "")
    for note, _ in table("Notes"):
        for part in PLACEHOLDER.split(note.strip("`")):
            assert part.strip(' "[]()') in sentences, note


def test_every_reason_why_a_file_is_not_read_is_a_note():
    notes = "\n".join(name for row in table("Notes") for name in names(" ".join(row)))
    kinds = {"UnreadableImageError", "NotADrawingError", "DeniedError"}
    for path in sorted((ROOT / "digitwatch").rglob("*.py")):
        for reason in reasons_in(path.read_text(encoding="utf-8"), kinds):
            assert reason in notes, f"{path.name}: {reason}"


def reasons_in(code: str, kinds: set[str]) -> Iterator[str]:
    """What these errors are raised with: of each the longest part that is always the same."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in kinds:
            parts = (one.value for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant))
            longest = max(map(str, parts), key=len, default="")
            yield re.split("(?<=is damaged):", longest)[0].strip()


def test_every_way_to_type_a_correction_is_understood():
    *rows, (nothing, _) = table("Corrections")
    meant = {name: correction.understand(name) for row in rows for name in names(" ".join(row))}
    assert meant["7.0"] == meant["=7"] == "7"
    assert meant["052"] == "0 5 2"
    assert all(meant.values())
    assert not names(nothing)
    assert correction.understand("") == ""


def test_every_format_is_there_with_the_extra_that_it_needs():
    rows = table("Formats")
    assert {ending for row in rows for ending in names(row[1])} == SUFFIXES
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = set(project["optional-dependencies"]) - {"test"}
    assert {extra for extra in extras if f"[{extra}]" not in TEXT} == set()
    assert set(re.findall(r"'digitwatch\[(\w+)\]'", TEXT)) <= extras


def test_every_limit_is_the_one_that_holds():
    million = 1_000_000
    expected = [
        f"{MAX_BYTES // million} MB",
        f"{limits.MAX_PAGES} pages",
        f"{limits.MAX_PIXELS // million} million pixels",
        f"{limits.MAX_CLEAR_PIXELS // million} million pixels",
        f"{limits.MAX_COSTLY_PIXELS // million} million pixels",
        f"{limits.MAX_RLE_PIXELS // million} million pixels",
        f"{limits.MAX_SIDE:,} pixels",
        f"{MOST_GLYPHS:,} marks",
    ]
    assert [row[0] for row in table("Limits")] == expected


def test_every_public_name_has_a_chapter_and_there_is_no_other():
    public = set(digitwatch.__all__) - {"__version__"}
    assert set(titles_below(TEXT, "For programs")) == public


@pytest.mark.parametrize(
    "function", [one for name in digitwatch.__all__ if isfunction(one := getattr(digitwatch, name))]
)
def test_every_function_is_shown_with_its_parameters_and_their_defaults(function):
    shown = names(section(TEXT, function.__name__))[0]
    for parameter in signature(function).parameters.values():
        default = parameter.default
        value = str(default) if isinstance(default, Path) else default
        written = "" if default is parameter.empty else f"={value!r}".replace("'", '"')
        assert re.search(rf"\b{parameter.name}{re.escape(written)}[,)]", shown)


def test_every_example_shows_what_it_prints(models, tmp_path, draw):
    (tmp_path / "seven.png").write_bytes(draw(7))
    shutil.copytree(models, tmp_path / "models")
    walk = Walk(tmp_path)
    steps = steps_of(section(TEXT, "For programs"))
    assert len(steps) >= len(digitwatch.__all__) - 1
    for step in steps:
        assert walk.do(step) == step.shown, step.text
    assert (tmp_path / "seen.png").read_bytes().startswith(b"\x89PNG")


def test_the_list_of_contents_names_every_chapter():
    contents, *_ = TEXT.split("\n## ")
    chapters = anchors_of("\n".join(re.findall(r"^## .+", TEXT, re.MULTILINE)))
    assert {anchor for anchor in chapters if f"(#{anchor})" not in contents} == set()
