"""Every link from one page of the documentation to another leads somewhere, and every page can be found."""

import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted(
    [
        *REPOSITORY.glob("*.md"),
        *(REPOSITORY / "docs").rglob("*.md"),
        *(REPOSITORY / ".github").rglob("*.md"),
        *(REPOSITORY / "benchmarks").glob("*.md"),
        *(REPOSITORY / "changelog.d").glob("*.md"),
    ]
)
WRITTEN_AT_BUILD = "reference/"
"""Pages of the site that `make docs` writes from the docstrings, and checks."""


def prose(page: Path) -> str:
    """The text of a page without its code."""
    text = re.sub(r"^( *)```.*?^\1```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", lambda found: found[0].replace("[", "").replace("]", ""), text)


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as Markdown viewers make them."""
    found = re.findall(r"^#+ +(.+?) *$", prose(page), flags=re.M)
    plain = [re.sub(r"[^\w\- ]", "", heading.casefold()) for heading in found]
    return {heading.strip().replace(" ", "-") for heading in plain}


def links(page: Path) -> list[str]:
    return re.findall(r"\]\(([^()\s]+)\)", prose(page))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPOSITORY)))
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if re.match(r"[a-z]+:", link) or link.startswith(WRITTEN_AT_BUILD):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def test_the_site_lists_every_page() -> None:
    docs = REPOSITORY / "docs"
    listed = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:\n")[1]
    named = {line.split(":")[-1].strip(" -") for line in listed.splitlines()}
    lost = [str(page.relative_to(docs)) for page in docs.rglob("*.md")]
    assert [name for name in lost if name not in named] == [], "add it to `nav` of mkdocs.yml"


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_places_that_are_named_are_there(page: str) -> None:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    text = re.sub(r"Write `[^`]+`", "", text)  # what a recipe makes
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:py|toml|md))`", text)
    homes = (REPOSITORY, REPOSITORY / "src" / "speciosa")
    lost = [name for name in named if not any((home / name).exists() for home in homes)]
    assert named and lost == []
