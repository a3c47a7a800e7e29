"""Puts the fragments of ``changelog.d`` into ``CHANGELOG.md``, or makes what is unreleased a version.

    make changelog                                    fragments into [Unreleased]; the fragments are removed
    python tools/changelog.py --release 2026-11-29    [Unreleased] becomes the version of the package, of that day

A fragment is a Markdown file: a title, then points under the kinds of `KINDS`; points before the first kind are changes.
``changelog.d/README.md`` says what belongs into one.
"""

import argparse
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""What can have happened, as keepachangelog.com names it."""

UNRELEASED = "## [Unreleased]"

Points = dict[str, dict[str, list[str]]]
"""Lines by kind and, within it, by the title of the part that changed."""


class ChangelogError(ValueError):
    """A fragment or a changelog that cannot be read."""


def read_fragment(name: str, text: str) -> Points:
    """The points of one fragment.

    Raises:
        ChangelogError: a heading that is neither a title nor a kind, or text before the first point.
    """
    title, kind = name.removesuffix(".md").replace("-", " ").capitalize(), "Changed"
    found: Points = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("# "):
            title = line[2:].strip()
        elif line.startswith("## "):
            kind = line[3:].strip()
            if kind not in KINDS:
                raise ChangelogError(
                    f"{name}, line {number}: expected one of {', '.join(KINDS)}, found {kind!r}."
                )
        elif line.strip():
            lines = found.setdefault(kind, {}).setdefault(title, [])
            if not line.startswith("- ") and not lines:
                raise ChangelogError(
                    f"{name}, line {number}: expected a point (`- ...`), found {line[:40]!r}."
                )
            lines.append(line.rstrip())
    return found


def assembled(changelog: str, fragments: Mapping[str, str]) -> str:
    """The changelog with the points of the fragments in its unreleased part, sorted by kind and by title."""
    before, unreleased, after = _parts(changelog)
    points = _read_unreleased(unreleased)
    for name in sorted(fragments):
        for kind, by_title in read_fragment(name, fragments[name]).items():
            for title, lines in by_title.items():
                points.setdefault(kind, {}).setdefault(title, []).extend(lines)
    return f"{before}{UNRELEASED}\n\n{_written(points)}{after}"


def released(changelog: str, version: str, day: date) -> str:
    """The changelog with what is unreleased as a version.

    Raises:
        ChangelogError: nothing is unreleased, or the version is there already.
    """
    before, unreleased, after = _parts(changelog)
    if not unreleased.strip():
        raise ChangelogError("Nothing is unreleased.")
    if f"## [{version}]" in changelog:
        raise ChangelogError(f"{version} is released already: raise __version__ first.")
    return f"{before}{UNRELEASED}\n\n## [{version}] - {day.isoformat()}\n\n{unreleased.strip()}\n\n{after}"


def _parts(changelog: str) -> tuple[str, str, str]:
    """What stands before the unreleased part, the part, and the versions after it."""
    if changelog.count(UNRELEASED + "\n") != 1:
        raise ChangelogError(f"CHANGELOG.md: expected the line {UNRELEASED!r} once.")
    before, _, rest = changelog.partition(UNRELEASED + "\n")
    unreleased, mark, after = rest.partition("\n## [")
    return before, unreleased, mark.lstrip("\n") + after


def _read_unreleased(text: str) -> Points:
    points: Points = {}
    kind, title = "Changed", ""
    for line in text.splitlines():
        if line.startswith("### "):
            kind, title = line[4:].strip(), ""
        elif line.startswith("#### "):
            title = line[5:].strip()
        elif line.strip():
            points.setdefault(kind, {}).setdefault(title, []).append(line)
    return points


def _written(points: Points) -> str:
    text = ""
    for kind in KINDS:
        for index, (title, lines) in enumerate(sorted(points.get(kind, {}).items())):
            text += f"### {kind}\n\n" if index == 0 else ""
            text += f"#### {title}\n\n" if title else ""
            text += "\n".join(lines) + "\n\n"
    return text


def _version() -> str:
    text = (REPOSITORY / "src" / "speciosa" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"$', text, re.MULTILINE)
    assert found is not None
    return found[1]


def main() -> None:
    """Assembles, or releases."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument(
        "--release", metavar="DAY", type=date.fromisoformat, help="make a version of this day"
    )
    day = parser.parse_args().release
    place = REPOSITORY / "CHANGELOG.md"
    text = place.read_text(encoding="utf-8")
    paths = sorted(p for p in (REPOSITORY / "changelog.d").glob("*.md") if p.name != "README.md")
    try:
        text = assembled(text, {path.name: path.read_text(encoding="utf-8") for path in paths})
        if day is not None:
            text = released(text, _version(), day)
    except ChangelogError as error:
        raise SystemExit(str(error)) from None
    place.write_text(text, encoding="utf-8")
    for path in paths:
        path.unlink()
    print(f"{len(paths)} fragments are in CHANGELOG.md.")


if __name__ == "__main__":
    main()
