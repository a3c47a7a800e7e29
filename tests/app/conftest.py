"""A served app and a browser, for the tests that need them; they skip with a reason where the browser is absent."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = "/usr/bin/chromium"
PICTURES = Path(__file__).parents[2] / "out" / "screenshots"
SETTLE_MS, TALLEST_PX = 300, 3600
_START = "from speciosa.cli import main; main()"
_COLD = """
import json, sys
from speciosa.app.serving.server import serve
serve("127.0.0.1", 0, sys.argv[1], warm=False, ready=lambda a: print(json.dumps({"address": a}), flush=True))
"""


class Served:
    """An app in a process of its own."""

    def __init__(self, folder: Path, *, warm: bool, token: str = "") -> None:
        self.folder = folder
        environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "HOME": str(folder / "home")}
        environment.setdefault("SPECIOSA_CACHE", str(Path.home() / ".cache" / "speciosa"))
        for name in ("tmp", "home", "here"):
            (folder / name).mkdir()
        command = (_START, "app", "--port", "0", "--no-browser", "--json")
        self.process = subprocess.Popen(
            [sys.executable, "-c", *(command if warm else (_COLD, token))],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=folder / "here",
        )
        assert self.process.stdout is not None
        self.address = json.loads(self.process.stdout.readline())["address"]

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def written(self) -> list[Path]:
        """Files outside the temporary folder, but for the units that Pint reads once and keeps."""
        return [
            path
            for name in ("home", "here")
            for path in (self.folder / name).rglob("*")
            if path.is_file() and "pint" not in path.parts
        ]

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    app = Served(tmp_path_factory.mktemp("app"), warm=True)
    yield app
    app.close()


@pytest.fixture(scope="session")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An app that simulates nothing unless asked."""
    app = Served(tmp_path_factory.mktemp("quiet"), warm=False)
    yield app
    app.close()


@pytest.fixture(scope="session")
def served_with(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Served]:
    """Serves an app behind a token."""
    return lambda token: Served(tmp_path_factory.mktemp("locked"), warm=False, token=token)


# A module's own: Playwright's event loop runs on until it is closed, and no other may run beside it.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="needs Playwright (extra `browser`)"
    )
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Debian's chromium")
    with sync_api.sync_playwright() as play:
        started = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


class Visit:
    """A page that remembers what its console complained of, and counts clicks."""

    def __init__(self, page: Any, address: str) -> None:
        self.page, self.address = page, address
        self.complaints: list[str] = []
        self.clicks = 0
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _console(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def open(self, query: str = "") -> "Visit":
        self.page.goto(self.address + (f"?{query}" if query else ""))
        self.page.wait_for_function(
            "window.Shiny && Shiny.shinyapp && Shiny.shinyapp.isConnected()"
        )
        return self

    def view(self, name: str, stage: str = "") -> Any:
        wanted = f"[data-stage='{stage}']" if stage else "[data-stage]"
        return self.page.wait_for_selector(f"#view_{name}{wanted}", timeout=180_000)

    def click(self, selector: str) -> None:
        self.page.click(selector)
        self.clicks += 1

    def choose(self, selector: str, value: str) -> None:
        """Opening a list is one click, choosing from it another."""
        self.page.select_option(selector, value)
        self.clicks += 2

    def picture(self, name: str) -> None:
        """Keeps pictures in light and in dark; they are artefacts, not part of the repository."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        screen = self.page.viewport_size
        height = self.page.evaluate("document.documentElement.scrollHeight")
        self.page.set_viewport_size({**screen, "height": min(height, TALLEST_PX)})
        for scheme in ("dark", "light"):
            self.page.emulate_media(color_scheme=scheme)
            self.page.wait_for_timeout(SETTLE_MS)
            self.page.screenshot(path=PICTURES / f"{name}-{scheme}.png")
        self.page.set_viewport_size(screen)


@pytest.fixture
def visit(served: Served, browser: Any, request: pytest.FixtureRequest) -> Iterator[Visit]:
    width, height = getattr(request, "param", (1280, 900))
    page = browser.new_page(viewport={"width": width, "height": height})
    page.set_default_timeout(60_000)
    yield Visit(page, served.address)
    page.close()
