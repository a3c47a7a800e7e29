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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles

CHROMIUM = "/usr/bin/chromium"
SLIDER_MOVES, SESSIONS, HOUR_OF_MOVES = 40, 20, 400
WAIT_MS = 120_000
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


async def _session(address: str, number: int, rounds: int) -> list[float]:
    """One reader without a browser: speaks the app's protocol, moves a dose, waits for the view."""
    import websockets

    place = address.replace("http://", "ws://") + "websocket/"
    waits = []
    async with websockets.connect(place, max_size=None, origin=address.rstrip("/")) as socket:
        hidden = {f".clientdata_output_view_{page}_hidden": page != "compare" for page in PAGES}
        await socket.send(json.dumps({"method": "init", "data": {**hidden, "narrow": "no"}}))
        await _view(socket)
        for turn in range(rounds):
            dose = 5 + number + turn / 7
            begin = time.perf_counter()
            data = {"arm2": f"{dose:.3f} mg morphine oral every 6 h x 56"}
            await socket.send(json.dumps({"method": "update", "data": data}))
            await _view(socket)
            waits.append(time.perf_counter() - begin)
            await asyncio.sleep(2)
    return waits


PAGES = ("compare", "patient", "withdrawal", "evidence", "weigh", "sources", "legal")


async def _view(socket: object) -> None:
    while True:
        message = json.loads(await socket.recv())  # type: ignore[attr-defined]
        if message.get("errors"):
            raise RuntimeError(str(message["errors"]))
        if message.get("values", {}).get("view_compare"):
            return


def sessions() -> None:
    """Twenty readers at once, each with doses of their own."""

    async def all_of_them(address: str) -> list[float]:
        found = await asyncio.gather(*(_session(address, n, 3) for n in range(SESSIONS)))
        return [wait for waits in found for wait in waits]

    with served() as (address, pid):
        asyncio.run(_warm(address))
        begin = cpu_s(pid)
        found = asyncio.run(all_of_them(address))
        spent = (cpu_s(pid) - begin) / len(found)
    cuts = quantiles(found, n=20)
    report(
        f"{SESSIONS} sessions",
        p50_s=cuts[9],
        p95_s=cuts[18],
        worst_s=max(found),
        served=len(found),
        server_cpu_s_a_preview=spent,
    )


async def _warm(address: str) -> None:
    await _session(address, 99, 1)


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


def resident_mb(pid: int) -> float:
    """Memory of a process in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def cpu_s(pid: int) -> float:
    """Processor seconds that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    wanted = sys.argv[1:] or ["first", "slider", "sessions", "memory"]
    for name in wanted:
        {"first": first, "slider": slider, "sessions": sessions, "memory": memory}[name]()
