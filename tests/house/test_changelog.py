"""The changelog is put together from fragments, and what is unreleased becomes a version."""

import importlib.util
from datetime import date
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("changelog", REPOSITORY / "tools" / "changelog.py")
assert SPEC is not None and SPEC.loader is not None
changelog = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(changelog)

EMPTY = "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-11-23\n\n### Added\n\n- All.\n"
FRAGMENTS = {
    "b.md": "# Exposure\n\n- Cmax moved\n  from 2 to 3.\n\n## Fixed\n\n- A fault.\n",
    "a-part.md": "## Added\n- A thing.\n",
}


def test_fragments_are_sorted_by_kind_and_title() -> None:
    text = changelog.assembled(EMPTY, FRAGMENTS)
    assert text == (
        "# Changelog\n\n## [Unreleased]\n\n### Added\n\n#### A part\n\n- A thing.\n\n"
        "### Changed\n\n#### Exposure\n\n- Cmax moved\n  from 2 to 3.\n\n"
        "### Fixed\n\n#### Exposure\n\n- A fault.\n\n"
        "## [0.1.0] - 2026-11-23\n\n### Added\n\n- All.\n"
    )


def test_later_fragments_join_earlier_ones() -> None:
    once = changelog.assembled(EMPTY, FRAGMENTS)
    twice = changelog.assembled(once, {"c.md": "# Exposure\n- Tmax moved.\n"})
    assert "#### Exposure\n\n- Cmax moved\n  from 2 to 3.\n- Tmax moved.\n" in twice
    assert changelog.assembled(once, {}) == once


def test_a_release_takes_what_is_unreleased() -> None:
    text = changelog.released(changelog.assembled(EMPTY, FRAGMENTS), "0.2.0", date(2026, 12, 1))
    head, _, rest = text.partition("## [0.2.0] - 2026-12-01\n\n### Added\n")
    assert head == "# Changelog\n\n## [Unreleased]\n\n" and "- A fault." in rest
    assert changelog.assembled(text, {}) == text
    with pytest.raises(changelog.ChangelogError, match="Nothing"):
        changelog.released(text, "0.3.0", date(2026, 12, 2))
    with pytest.raises(changelog.ChangelogError, match="already"):
        changelog.released(changelog.assembled(text, FRAGMENTS), "0.2.0", date(2026, 12, 2))


@pytest.mark.parametrize("text", ["## Improved\n- x\n", "words\n", "# T\n\n  words\n"])
def test_a_fragment_that_says_no_point_is_refused(text: str) -> None:
    with pytest.raises(changelog.ChangelogError, match=r"x\.md, line"):
        changelog.assembled(EMPTY, {"x.md": text})


def test_every_fragment_that_waits_can_be_put_in() -> None:
    here = (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
    waiting = {
        path.name: path.read_text(encoding="utf-8")
        for path in (REPOSITORY / "changelog.d").glob("*.md")
        if path.name != "README.md"
    }
    changelog.assembled(here, waiting)
