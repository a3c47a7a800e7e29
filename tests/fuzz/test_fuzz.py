"""Hostile inputs through the real doors: the command line and the guard of the app.

None ends in a traceback, in another exit status than 0, 1 or 2, takes more than 10 s of processor time or 2 GB, writes
outside `--out`, or is refused without saying where.
"""

import asyncio
import contextlib
import io
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fuzz.hostile import KINDS, Request, Words, inputs

from speciosa import cli
from speciosa.errors import unseen

SECONDS, BYTES = 10.0, 2_000_000_000
SEED = 19
# A fault: where, what was expected, what was found. Or one of the few messages of another form that name what they are about.
PLACED = re.compile(
    r".+: (expected .+, found |.+ cannot be used here)|No [a-z, ]+ is named |.+: \d+ faults?\.|And \d+ more fault|"
    r".+: (no such file|is a directory|not a directory|file name too long|permission denied|invalid argument|embedded null)|"
    r".+ is not in the fact base|Usage: |Try |Error: |Arguments|╭|│|╰"
)
_writes: list[str] | None = None


def _watch(event: str, args: tuple[object, ...]) -> None:
    """Notes every file that is opened to be written, made, moved or removed, while it is asked to."""
    if _writes is None:
        return
    if event == "open" and len(args) > 2:
        flags = args[2] if isinstance(args[2], int) else 0
        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and isinstance(args[0], str | bytes):
            _writes.append(os.fsdecode(args[0]))
    elif event in ("os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree"):
        _writes.extend(os.fsdecode(each) for each in args if isinstance(each, str | bytes))


sys.addaudithook(_watch)


@contextlib.contextmanager
def watched(found: list[str]) -> Iterator[None]:
    global _writes
    _writes = found
    try:
        yield
    finally:
        _writes = None


def complaint(given: Words | Request, here: Path) -> str:
    """What is wrong with how an input was met; nothing where all is well."""
    wrote: list[str] = []
    began = time.process_time()
    try:
        with watched(wrote):
            said = typed(given, here) if isinstance(given, Words) else asyncio.run(sent(given))
    except BaseException:
        return traceback.format_exc()
    if time.process_time() - began > SECONDS:
        return f"{time.process_time() - began:.1f} s of processor time"
    cache = os.environ["SPECIOSA_CACHE"]
    allowed = (str(here / "out"), cache, os.devnull, "/dev/tty")
    outside = [path for path in wrote if not str(Path(here, path)).startswith(allowed)]
    return f"wrote {outside}" if outside else said


def typed(given: Words, here: Path) -> str:
    """A command, as it is typed."""
    for name, content in given.files.items():
        path = here / name
        before, globals()["_writes"] = _writes, None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        globals()["_writes"] = before
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["speciosa", *given.words]
    status: object = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            cli.main()
        except SystemExit as end:
            status = end.code or 0
    shown = out.getvalue() + err.getvalue()
    if status not in (0, 1, 2):
        return f"exit status {status}: {shown[-400:]}"
    if "Traceback" in shown or unseen(shown):
        return f"printed {shown[-400:]!r}"
    if status and "--json" not in given.words:
        lines = [line for line in shown.splitlines() if line.strip()]
        placed = [line for line in lines if PLACED.match(line.strip())]
        if not lines or (status == 2 and not placed):
            return f"exit status {status} without a place: {shown[:400]!r}"
    return ""


async def sent(given: Request) -> str:
    """A request, or the messages of a session, through the guard of the app."""
    from speciosa.app.asking.questions import ask, from_study_text
    from speciosa.app.asking.state import accept
    from speciosa.app.serving.guard import Guard
    from speciosa.errors import InputError

    answers: list[dict[str, object]] = []
    problems: list[str] = []
    waiting = [{"type": "websocket.connect"}]
    for each in given.messages:
        waiting.append(
            {"type": "websocket.receive", ("text" if isinstance(each, str) else "bytes"): each}
        )  # type: ignore[dict-item]
    waiting.append({"type": "websocket.disconnect"})

    async def receive() -> dict[str, object]:
        return waiting.pop(0)  # type: ignore[return-value]

    async def send(message: dict[str, object]) -> None:
        answers.append(message)

    async def app(scope: dict[str, object], receive: object, send: object) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[operator]
            return
        while True:
            message = await receive()  # type: ignore[operator]
            if message["type"] == "websocket.disconnect":
                return
            if message["type"] != "websocket.receive":
                continue
            data = dict(json.loads(message["text"])["data"])
            if "study_file" in data:
                try:
                    from_study_text(data.pop("study_file"))
                except InputError as error:
                    if not PLACED.match(str(error)):
                        problems.append(f"without a place: {str(error)[:300]}")
            state, _ = accept({name: text for name, text in data.items() if isinstance(text, str)})
            ask(state)

    kind = "websocket" if given.messages else "http"
    scope = {
        "type": kind,
        "method": given.method,
        "path": given.path,
        "query_string": given.query,
        "headers": list(given.headers),
    }
    await Guard(app)(scope, receive, send)  # type: ignore[arg-type]
    if kind == "http":
        status = answers[0].get("status") if answers else None
        if status not in (200, 303, 400, 403, 404, 405, 414, 421):
            problems.append(f"status {status}")
    return "; ".join(problems)


def peak_reset() -> int:
    """Bytes in memory now; the peak begins anew."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _status("VmRSS")


def _status(name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found[1]) * 1024 if found else 0


def run(count: int, seed: int, here: Path) -> list[str]:
    problems = []
    before = peak_reset()
    for number, (kind, given) in enumerate(inputs(seed, count)):
        place = here / f"{number}"
        (place / "out").mkdir(parents=True)
        os.chdir(place)
        wrong = complaint(given, place)
        os.environ.pop("SPECIOSA_FACTS", None)
        if "mine/products.toml" in getattr(given, "files", {}):
            from speciosa.facts import use_folder

            use_folder(None)
        if wrong:
            told = given.words if isinstance(given, Words) else (given.query, given.messages)
            problems.append(f"{kind} {number}: {str(told)[:300]}\n{wrong[-1500:]}")
    if _status("VmHWM") - before > BYTES:
        problems.append(f"{(_status('VmHWM') - before) / 1e9:.1f} GB of memory")
    return problems


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    pytest.importorskip("speciosa.app.serving.guard")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setenv("SPECIOSA_CACHE", str(tmp_path / "cache"))
    yield tmp_path


@pytest.mark.filterwarnings("default")
def test_a_thousand_hostile_inputs_are_met(here: Path) -> None:
    assert run(1000, SEED, here) == []


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_twenty_thousand_hostile_inputs_are_met(here: Path) -> None:
    assert run(20_000, SEED + 1, here) == []


def test_the_kinds_are_all_there_and_repeat(here: Path) -> None:
    first, again = (list(inputs(SEED, 80)) for _ in range(2))
    assert first == again
    assert {kind for kind, _ in first} == set(KINDS)
