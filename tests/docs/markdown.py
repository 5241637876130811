"""What is in a page of the documentation: its links, pictures, headings and tables."""

import re
from pathlib import Path

LINK = re.compile(r"(!?)\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
ROW = re.compile(r"^\|(.+)\|$", re.MULTILINE)


def without_code(text: str) -> str:
    """The page without its blocks of code, in which a # is no heading."""
    return FENCED.sub("", text)


def pictures_in(text: str) -> list[str]:
    """Where the pictures of the page are."""
    return [target for mark, target in LINK.findall(without_code(text)) if mark]


def links_in(text: str) -> list[str]:
    """Where its links and pictures lead."""
    text = without_code(text)
    return [target for _, target in LINK.findall(text)] + re.findall(r'<img src="([^"]+)"', text)


def anchors_of(text: str) -> set[str]:
    """The names by which its headings can be linked to, as GitHub makes them."""
    names = [
        re.sub(r"[^\w\- ]", "", title.lower()) for title in HEADING.findall(without_code(text))
    ]
    return {name.replace(" ", "-") for name in names}


def section(text: str, title: str) -> str:
    """What stands under a heading, down to the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}$", text, re.MULTILINE)
    if not found:
        raise ValueError(f"there is no heading {title!r}")
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", FENCED.sub(_blank, rest), re.MULTILINE)
    return rest[: end.start()] if end else rest


def titles_below(text: str, title: str) -> list[str]:
    """The headings within the section of that title."""
    return HEADING.findall(without_code(section(text, title)))


def _blank(fence: "re.Match[str]") -> str:
    return " " * len(fence[0])


def rows_of(text: str) -> list[list[str]]:
    """The cells of the rows of its tables, without their heads."""
    rows: list[list[str]] = []
    for line in ROW.findall(text):
        cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)]
        if set("".join(cells)) <= set("-: "):
            rows.pop()
        else:
            rows.append(cells)
    return rows


def dead_links(page: Path) -> list[str]:
    """The links of a page of this project that lead nowhere; those to the web are not followed."""
    targets = links_in(page.read_text(encoding="utf-8"))
    return [one for one in targets if not re.match(r"https?:", one) and not _leads(one, page)]


def _leads(target: str, page: Path) -> bool:
    file, _, anchor = target.partition("#")
    path = page.parent / file if file else page
    if not path.exists():
        return False
    return not anchor or anchor in anchors_of(path.read_text(encoding="utf-8"))
