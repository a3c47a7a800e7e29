"""Times the app as a reader meets it: first figure, slider to curve, many sessions at once, memory over an hour of use.

    python benchmarks/app.py first slider sessions memory

Needs Debian's chromium and Playwright (extra `browser`). Wall time depends on what else the computer does: the load is
printed beside every number.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

CHROMIUM = "/usr/bin/chromium"
SLIDER_MOVES, SESSIONS, HOUR_OF_MOVES = 40, 20, 400
WAIT_MS = 120_000
SETTLED_S = 10  # Other processes that solve previews are up.
_START = "from speciosa.cli import main; main()"


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """The app on a free port: address and process id."""
    command = [sys.executable, "-c", _START, "app", "--port", "0", "--no-browser", "--json"]
    # An installed package has its bytecode.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield json.loads(process.stdout.readline())["address"], process.pid
        finally:
            process.terminate()


@contextmanager
def page_at(address: str) -> Iterator[object]:
    """A browser's page."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser.new_page(viewport={"width": 1280, "height": 900})
        finally:
            browser.close()


def report(name: str, **values: float) -> None:
    """Prints one line of JSON with the load of the computer."""
    rounded = {key: round(value, 3) for key, value in values.items()}
    print(json.dumps({"bench": name, **rounded, "load_1_min": os.getloadavg()[0]}), flush=True)


def first() -> None:
    """From starting the command to the first figure in the browser, kernels cached."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        for attempt in ("warming", "first figure"):
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            begin = time.perf_counter()
            with served() as (address, pid):
                up = time.perf_counter() - begin
                page.goto(address)
                page.wait_for_selector("#view_compare figure svg", timeout=WAIT_MS)
                figure = time.perf_counter() - begin
                report(attempt, listening_s=up, figure_s=figure, server_cpu_s=cpu_s(pid))
            page.close()
        browser.close()


_MOVE = """([value, turn]) => new Promise((done, fail) => {
  const view = document.getElementById("view_compare"), slider = document.getElementById("dose-arm2");
  const begin = performance.now(), before = view.dataset.turn;
  const look = () => { if (view.dataset.turn !== before) { watch.disconnect(); done(performance.now() - begin); } };
  const watch = new MutationObserver(look);
  watch.observe(view, { attributes: true });
  setTimeout(() => fail(new Error("no preview")), 60000);
  slider.value = value; slider.dispatchEvent(new Event("input", { bubbles: true }));
})"""


def moves(page: object, count: int, low: float, high: float) -> list[float]:
    """Seconds from a move of the dose slider to the redrawn curve; every dose is a new one."""
    seconds = []
    for turn in range(count):
        dose = low + (high - low) * ((turn * 0.618034) % 1)
        seconds.append(page.evaluate(_MOVE, [str(dose), turn]) / 1000)  # type: ignore[attr-defined]
    return seconds


def slider() -> None:
    """The 95th percentile from a move of the slider to the new curve, in the browser."""
    with served() as (address, pid), page_at(address) as page:
        page.goto(address)  # type: ignore[attr-defined]
        page.wait_for_selector("#view_compare figure svg", timeout=WAIT_MS)  # type: ignore[attr-defined]
        moves(page, 3, 5, 50)
        begin = cpu_s(pid)
        found = moves(page, SLIDER_MOVES, 5, 50)
        spent = (cpu_s(pid) - begin) / SLIDER_MOVES
    cuts = quantiles(found, n=20)
    report(
        "slider to curve",
        p50_s=cuts[9],
        p95_s=cuts[18],
        worst_s=max(found),
        server_cpu_s_a_move=spent,
    )


Asks = Callable[[int, int], dict[str, str]]
BURSTS: dict[str, Asks] = {
    # All ask the same: one run and one page serve them.
    "the same dose": lambda reader, turn: {"arm2": _morphine(60 + turn)},
    # One arm of three is new for each: what a reader does who moves a slider.
    "doses of their own": lambda reader, turn: {"arm2": _morphine(5 + reader + turn / 7)},
    # Every arm is new for each: nothing that was computed before can serve.
    "patients of their own": lambda reader, turn: {"weight": f"{50 + reader + turn / 7:.3f}"},
}


def _morphine(dose_mg: float) -> str:
    return f"{dose_mg:.3f} mg morphine oral every 6 h x 56"


@dataclass
class Burst:
    """What one simultaneous question of all readers took."""

    waits_s: list[float] = field(default_factory=list)
    begin_cpu_s: float = 0.0
    cpu_s: float = 0.0


async def _reader(
    address: str,
    pid: int,
    number: int,
    together: asyncio.Barrier,
    asks: Asks,
    bursts: list[Burst],
) -> None:
    """One reader without a browser: speaks the app's protocol, asks with all the others, waits for the preview."""
    import websockets

    place = address.replace("http://", "ws://") + "websocket/"
    async with websockets.connect(place, max_size=None, origin=address.rstrip("/")) as socket:
        hidden = {f".clientdata_output_view_{page}_hidden": page != "compare" for page in PAGES}
        await socket.send(json.dumps({"method": "init", "data": {**hidden, "narrow": "no"}}))
        await _view(socket)
        for turn, burst in enumerate(bursts):
            await together.wait()
            burst.begin_cpu_s = burst.begin_cpu_s or cpu_s(pid)
            begin = time.perf_counter()
            asked = asks(number, turn)
            await socket.send(json.dumps({"method": "update", "data": asked}))
            await _view(socket, asked)
            burst.waits_s.append(time.perf_counter() - begin)
            burst.cpu_s = cpu_s(pid) - burst.begin_cpu_s
            await asyncio.sleep(2)


PAGES = ("compare", "patient", "withdrawal", "evidence", "weigh", "sources", "legal")


async def _view(socket: object, asked: dict[str, str] | None = None) -> None:
    """Waits for the page that was asked for; a refined one of an earlier question does not count."""
    wanted = urlencode(asked or {})
    while True:
        text = await asyncio.wait_for(socket.recv(), WAIT_MS / 1000)  # type: ignore[attr-defined]
        message = json.loads(text)
        faults = message.get("custom", {}).get("faults", {}).get("faults")
        if message.get("errors") or faults:
            raise RuntimeError(str(message)[:500])
        view = message.get("values", {}).get("view_compare")
        if view and wanted in view["key"]:
            return


def sessions() -> None:
    """Twenty readers who ask at the same moment, three times; the first time they have just connected."""

    async def ask(address: str, pid: int, asks: Asks, readers: int, rounds: int) -> list[Burst]:
        together, bursts = asyncio.Barrier(readers), [Burst() for _ in range(rounds)]
        await asyncio.gather(
            *(_reader(address, pid, n, together, asks, bursts) for n in range(readers))
        )
        return bursts

    for name, asks in BURSTS.items():
        with served() as (address, pid):
            asyncio.run(ask(address, pid, lambda reader, turn: {"days": "22"}, 1, 1))
            time.sleep(SETTLED_S)
            bursts = asyncio.run(ask(address, pid, asks, SESSIONS, 3))
        for turn, burst in enumerate(bursts, start=1):
            cuts = quantiles(burst.waits_s, n=20)
            report(
                f"{SESSIONS} sessions, {name}, burst {turn}",
                p50_s=cuts[9],
                p95_s=cuts[18],
                worst_s=max(burst.waits_s),
                served=len(burst.waits_s),
                server_cpu_s_a_preview=burst.cpu_s / len(burst.waits_s),
            )


def memory() -> None:
    """Growth of the server over as many moves as a busy hour has, after the first twenty."""
    with served() as (address, pid), page_at(address) as page:
        page.goto(address)  # type: ignore[attr-defined]
        page.wait_for_selector("#view_compare figure svg", timeout=WAIT_MS)  # type: ignore[attr-defined]
        moves(page, 20, 5, 50)
        begin = resident_mb(pid)
        for part in range(4):
            moves(page, HOUR_OF_MOVES // 4, 5, 50)
            for name in PAGES[1:]:
                page.click(f"#tab-{name}")  # type: ignore[attr-defined]
                page.wait_for_selector(f"#view_{name}[data-stage]", timeout=WAIT_MS)  # type: ignore[attr-defined]
            page.click("#tab-compare")  # type: ignore[attr-defined]
            report(f"memory, part {part + 1}", begin_mb=begin, growth_mb=resident_mb(pid) - begin)


def family(pid: int) -> list[int]:
    """A process and its children."""
    found = [pid]
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # A thread that has ended.
            found += map(int, (thread / "children").read_text().split())
    return found


def resident_mb(pid: int) -> float:
    """Memory of the app's processes in MB."""
    pages = sum(int(Path(f"/proc/{one}/statm").read_text().split()[1]) for one in family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_s(pid: int) -> float:
    """Processor seconds that the app's processes have used."""
    ticks = 0
    for one in family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["first", "slider", "sessions", "memory"]
    for name in wanted:
        {"first": first, "slider": slider, "sessions": sessions, "memory": memory}[name]()
