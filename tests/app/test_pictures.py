"""Every page in a real browser, as a reader on a desk and one with a telephone meet it: quick enough for every run.

The pictures in ``out/screenshots`` are for people to look at.
"""

from typing import Any

import pytest

pytestmark = pytest.mark.browser
PAGES = (
    "compare", "patient", "withdrawal", "interactions", "evidence", "trial", "plan", "weigh", "sources", "legal",
)  # fmt: skip
WIDE, SMALL = (1280, 900), (390, 844)

# On a small screen nothing scrolls sideways but wide tables, which show that they do.
_TOO_WIDE = """(small) => [
  ...(document.documentElement.scrollWidth > window.innerWidth ? ["the page"] : []),
  ...[...document.querySelectorAll(".view .drawing, .view .table:not(.wide)")]
    .filter((box) => small && box.scrollWidth > box.clientWidth + 1)
    .map((box) => box.innerText.slice(0, 80)),
]"""


@pytest.mark.parametrize("visit", [WIDE, SMALL], indirect=True, ids=["1280", "390"])
@pytest.mark.parametrize("name", PAGES)
def test_each_page_loads_without_complaint_and_fits_the_screen(visit: Any, name: str) -> None:
    width = visit.page.viewport_size["width"]
    visit.open(f"page={name}").view(name)
    visit.picture(f"{name}-{width}")
    assert visit.complaints == []
    assert visit.page.evaluate(_TOO_WIDE, width == SMALL[0]) == []
