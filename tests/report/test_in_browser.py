"""The report as a reader on a desk and one with a telephone meet it."""

import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.report.made import shipped

from speciosa.report.write import write_report

pytestmark = pytest.mark.browser
CHROMIUM = "/usr/bin/chromium"
PICTURES = Path(__file__).parents[2] / "out" / "screenshots"
SCREENS = {"desk": (1280, 800), "phone": (390, 844)}
MOST_SCREENS = 15
LEAST_PX = 11

_SMALL = """(least) => {
  const small = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode, box = node.parentElement;
    if (!node.data.trim() || !box.getClientRects().length) continue;
    const scale = box.ownerSVGElement ? box.getBoundingClientRect().height / (box.getBBox().height || 1) : 1;
    const px = parseFloat(getComputedStyle(box).fontSize) * scale;
    if (px < least - 0.05) small.push(`${px.toFixed(1)} ${node.data.trim().slice(0, 40)}`);
  }
  return [...new Set(small)].slice(0, 10);
}"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    if not shutil.which(CHROMIUM):
        pytest.skip("needs Debian's chromium")
    with playwright.sync_playwright() as started:
        found = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module", params=["default", "withdrawal"])
def report(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("seen") / request.param
    return write_report(shipped(request.param, 3), place)


@pytest.mark.parametrize("screen", SCREENS)
def test_the_first_screen_shows_the_answer(browser: Any, report: Path, screen: str) -> None:
    width, height = SCREENS[screen]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(report.as_uri())
    PICTURES.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=PICTURES / f"report-{report.parent.name}-{width}.png")
    bottom = "(name) => document.querySelector(name).getBoundingClientRect().bottom"
    top = "(name) => document.querySelector(name).getBoundingClientRect().top"
    assert page.evaluate(bottom, ".said") < height
    shown = ".seen .on-phone svg" if screen == "phone" else ".seen .on-desk svg"
    assert page.evaluate(bottom, shown) < height
    assert page.evaluate(top, ".findings thead") < height - 15
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(_SMALL, LEAST_PX) == []
    page.close()


def test_the_main_page_is_short_and_other_pages_open_alone(browser: Any, report: Path) -> None:
    width, height = SCREENS["desk"]
    page = browser.new_page(viewport={"width": width, "height": height})
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollHeight") <= MOST_SCREENS * height
    assert not page.is_visible("#sources")
    page.click("nav summary")
    page.click("nav a[href='#sources']")
    assert page.is_visible("#sources")
    assert not page.is_visible("#answer")
    page.click("#sources .back a")
    assert page.is_visible("#answer")
    page.close()


def test_dark_pages_have_no_white_slabs(browser: Any, report: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800}, color_scheme="dark")
    page.goto(report.as_uri())
    picture = page.screenshot(path=PICTURES / f"report-{report.parent.name}-dark.png")
    bright = np.asarray(Image.open(BytesIO(picture)).convert("L")) > 200
    assert bright.mean() < 0.10
    page.close()
