"""What holds for every page of the documentation."""

import re
from itertools import pairwise

import pytest

from tests.docs.command_line import TOP, options_of, parsers
from tests.docs.markdown import dead_links, without_code
from tests.program import ROOT

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
CALL = re.compile(r"`digitwatch (?!failed on)([a-z][^`\n]*)`")
OUR_FILE = re.compile(r"`((?:digitwatch|tests|docs)/[\w/]+(?:\.py|/))`")

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@each_page
def test_no_link_leads_nowhere(page):
    assert dead_links(page) == []


@each_page
def test_every_call_of_digitwatch_is_one_that_its_command_line_takes(page):
    for call in CALL.findall(page.read_text(encoding="utf-8")):
        name, *rest = call.split()
        assert name in parsers(), call
        known = {option.split()[0] for option in options_of(parsers()[name]) | options_of(TOP)}
        assert {word for word in rest if word.startswith("--")} <= known, call


@each_page
def test_every_file_of_ours_that_is_named_is_there(page):
    for name in OUR_FILE.findall(page.read_text(encoding="utf-8")):
        assert (ROOT / name).exists(), name


@each_page
def test_no_line_of_a_paragraph_begins_as_a_list_does(page):
    text = without_code(page.read_text(encoding="utf-8"))
    for before, line in pairwise(text.splitlines()):
        is_within = (
            before.strip() and not before.startswith((" ", "- ", "#")) and not before[0].isdecimal()
        )
        assert not (is_within and re.match(r"1\. |[-+*] ", line)), line


def test_the_readme_fits_on_a_screen():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 60
