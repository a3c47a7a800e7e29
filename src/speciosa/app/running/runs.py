"""Simulations off the event loop: in line, cancelled when no longer wanted, kept by what they depend on."""

import asyncio
import os
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from time import monotonic, sleep, time
from typing import IO, Any, TypeVar, cast

from speciosa.app.limits import LIMITS, Limits
from speciosa.app.running.helper import CHUNK, Helpers
from speciosa.app.running.turns import Turns
from speciosa.errors import SpeciosaError
from speciosa.study import Study
from speciosa.study.lock import arm_hash
from speciosa.study.result import StudyRun
from speciosa.study.run import run_study

T = TypeVar("T")
_PREFIX, _ALIVE, _NEW_S = "speciosa-app-", "alive", 60.0
_PATIENCE_S, _LOOK_S = 5.0, 0.02
_PAGES_KEPT = 12
_FEW = 2


class Busy(SpeciosaError):
    """Too many runs are waiting."""


class Cancelled(SpeciosaError):
    """Nobody wants this run any more."""


@dataclass
class Ticket:
    """One wish for a run: whose it is, how far it is, and whether it is still wanted."""

    reader: Hashable = ""
    share: float = 0.0
    _stopped: threading.Event = field(default_factory=threading.Event)

    def cancel(self) -> None:
        """Gives the wish up; the run stops at its next step unless somebody else wants it."""
        self._stopped.set()

    @property
    def cancelled(self) -> bool:
        """Whether the wish was given up."""
        return self._stopped.is_set()


@dataclass
class _Work:
    """A run under way and all who wait for it."""

    tickets: list[Ticket]
    future: "asyncio.Future[StudyRun]"

    def progress(self, stage: str, done: int, total: int) -> None:
        for ticket in self.tickets:
            ticket.share = done / max(total, 1)
        self.wanted()

    def wanted(self) -> None:
        """Ends the work that nobody waits for any more."""
        if all(ticket.cancelled for ticket in self.tickets):
            raise Cancelled("stopped")


class Runs:
    """Runs of studies for all sessions of one app."""

    def __init__(self, limits: Limits = LIMITS) -> None:
        self.limits = limits
        remove_left_over()
        self._folder = tempfile.TemporaryDirectory(prefix=_PREFIX)
        self.folder = Path(self._folder.name)
        self._alive = _hold(self.folder)
        self._pools = {
            True: ThreadPoolExecutor(limits.previews, "preview"),
            False: ThreadPoolExecutor(limits.full_runs, "full"),
        }
        self._turns = Turns(limits.at_once)
        self._views = ThreadPoolExecutor(2, "view")
        self._readers = ThreadPoolExecutor(2, "read")
        self._hired: Future[Helpers] | None = None
        self._helpers: Helpers | None = None
        self._kept: OrderedDict[str, tuple[StudyRun, int]] = OrderedDict()
        self._working: dict[str, _Work] = {}
        self._line: list[_Work] = []
        self._open = True
        self._pages: OrderedDict[Hashable, asyncio.Future[Any]] = OrderedDict()
        self.waiting = {True: 0, False: 0}
        self.shown = asyncio.Event()
        """Set once any reader has seen a page."""

    def close(self) -> None:
        """Ends the threads and removes what was stored."""
        self._open = False
        for work in self._working.values():
            for ticket in work.tickets:
                ticket.cancel()
        for pool in (*self._pools.values(), self._views, self._readers):
            pool.shutdown(wait=True, cancel_futures=True)
        # Those that were on their way when the app was stopped are there by now.
        hired = self._hired
        if hired is not None and not hired.cancelled() and hired.exception() is None:
            hired.result().close()
        self._alive.close()
        self._folder.cleanup()

    async def hire(self, first: Study) -> None:
        """Lets other processes solve previews from now on; each begins with `first`."""
        self._hired = self._views.submit(Helpers, self.limits.previews, first)
        self._helpers = await asyncio.wrap_future(self._hired)

    def preview_size(self) -> tuple[int, int]:
        """Patients and draws of a preview: fewer while others wait, so that each is quick."""
        return self.limits.preview if self.waiting[True] < _FEW else self.limits.crowded

    async def run(
        self, study: Study, ticket: Ticket, *, preview: bool, folder: Path | None = None
    ) -> StudyRun:
        """The run of a study: kept, under way already, or begun now.

        Args:
            study: the question.
            ticket: told of the progress; stops the run when given up.
            preview: which line it waits in.
            folder: where finished arms lie; that of this app if None.

        Raises:
            Busy: too many wait.
            Cancelled: all tickets of the run were cancelled.
        """
        key = key_of(study)
        if key in self._kept:
            self._kept.move_to_end(key)
            ticket.share = 1.0
            return self._kept[key][0]
        work = self._working.get(key)
        if work is None or all(other.cancelled for other in work.tickets):
            if self.waiting[preview] >= self.limits.waiting:
                raise Busy("The app is busy: too many runs are waiting. Try again in a minute.")
            loop = asyncio.get_running_loop()
            work = _Work([ticket], loop.create_future())
            self._working[key] = work
            self.waiting[preview] += 1
            if not preview:
                self._line.append(work)
            loop.create_task(self._do(study, key, work, preview, folder or self.folder / "arms"))
        else:
            work.tickets.append(ticket)
        return await asyncio.shield(work.future)

    def place_in_line(self, ticket: Ticket) -> int:
        """The place, from 1, of a full run among those that wait for others to end; 0 of one that does not wait."""
        if self.waiting[False] <= self.limits.full_runs:
            return 0
        line = tuple(self._line)  # threads take from it
        return next((n for n, work in enumerate(line, 1) if ticket in work.tickets), 0)

    async def aside(self, function: Callable[[], T]) -> T:
        """Runs something short that computes nothing new, such as writing a page, off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._views, function)

    async def read(self, function: Callable[[], T]) -> T:
        """Reads something that a browser wrote, off the event loop, so that no text makes other readers wait.

        Raises:
            Busy: it takes too long.
        """
        work = asyncio.get_running_loop().run_in_executor(self._readers, function)
        try:
            return await asyncio.wait_for(work, self.limits.read_s)
        except TimeoutError:
            raise Busy("This took too long to read. Nothing was changed.") from None

    async def once(self, key: Hashable, function: Callable[[], T]) -> T:
        """As `aside`, but what several readers ask for at once, or asked for just now, is made once.

        Args:
            key: all that the result depends on.
            function: makes it.
        """
        task = self._pages.get(key)
        if task is None:
            task = self._pages[key] = asyncio.ensure_future(self.aside(function))
            task.add_done_callback(partial(self._forget_failed, key))
        self._pages.move_to_end(key)
        while len(self._pages) > _PAGES_KEPT:
            self._pages.popitem(last=False)
        return cast(T, await asyncio.shield(task))

    def _forget_failed(self, key: Hashable, task: "asyncio.Future[Any]") -> None:
        failed = task.cancelled() or task.exception() is not None
        if failed and self._pages.get(key) is task:
            del self._pages[key]

    async def long(self, function: Callable[[Callable[[], None]], T], ticket: Ticket) -> T:
        """Runs something long in the line of full runs.

        Args:
            function: does it, and calls what it is given after each slice of work, to give way to others.
            ticket: whose work it is; cancels it while it waits.
        """
        if self.waiting[False] >= self.limits.waiting:
            raise Busy("The app is busy: too many runs are waiting. Try again in a minute.")
        self.waiting[False] += 1

        def wanted() -> None:
            if ticket.cancelled:
                raise Cancelled("stopped")

        def work() -> T:
            turn = self._turns.join(ticket.reader)
            try:
                turn.give_way(wanted)
                return function(lambda: turn.give_way(wanted))
            finally:
                turn.leave()

        try:
            return await asyncio.get_running_loop().run_in_executor(self._pools[False], work)
        finally:
            self.waiting[False] -= 1

    async def _do(self, study: Study, key: str, work: _Work, preview: bool, folder: Path) -> None:
        def solve() -> StudyRun:
            work.progress("", 0, 1)
            if self._helpers is not None:
                found = self._helpers.solve(study, folder, lambda: work.progress("", 0, 1))
                if found is not None:
                    return found
            return run_study(study, folder=folder, threads=1, chunk=CHUNK, progress=work.progress)

        def solve_in_turns() -> StudyRun:
            self._line.remove(work)
            turn = self._turns.join(work.tickets[0].reader)

            def progress(stage: str, done: int, total: int) -> None:
                work.progress(stage, done, total)
                self._give_way(work)
                turn.give_way(work.wanted)

            try:
                turn.give_way(work.wanted)
                return run_study(study, folder=folder, threads=1, chunk=CHUNK, progress=progress)
            finally:
                turn.leave()

        try:
            loop = asyncio.get_running_loop()
            run = await loop.run_in_executor(
                self._pools[preview], solve if preview else solve_in_turns
            )
        except BaseException as error:
            if not work.future.done():
                work.future.set_exception(error)
                work.future.exception()
        else:
            self._keep(key, run)
            if not work.future.done():
                work.future.set_result(run)
        finally:
            self.waiting[preview] -= 1
            if self._working.get(key) is work:
                del self._working[key]
            if self._open:
                await self.aside(self._tidy)

    def _give_way(self, work: _Work) -> None:
        """Lets previews go first, but not for ever."""
        end = monotonic() + _PATIENCE_S
        while self.waiting[True] and monotonic() < end:
            sleep(_LOOK_S)
            work.progress("", round(1000 * work.tickets[0].share), 1000)

    def _keep(self, key: str, run: StudyRun) -> None:
        size = sum(values.nbytes for arm in run.arms for values in arm.values.values())
        size += int(sum(arm.courses.estimated_size() for arm in run.arms)) + 500_000
        self._kept[key] = (run, size)
        while (
            len(self._kept) > 1
            and sum(kept for _, kept in self._kept.values()) > self.limits.cached_bytes
        ):
            self._kept.popitem(last=False)

    def adopt(self, folder: Path) -> None:
        """Takes finished arms of another folder among those of this app."""
        (self.folder / "arms").mkdir(exist_ok=True)
        for path in folder.glob("*.npz"):
            with suppress(OSError):
                shutil.copy(path, self.folder / "arms")

    def _tidy(self) -> None:
        """Removes the oldest stored arms beyond the bound."""
        with suppress(OSError):
            files = [(p.stat().st_mtime, p.stat().st_size, p) for p in self.folder.rglob("*.npz")]
            total = 0.0
            for _, size, path in sorted(files, reverse=True):
                total += size
                if total > self.limits.stored_bytes:
                    path.unlink(missing_ok=True)


def remove_left_over() -> None:
    """Removes the folders of apps that were killed; one that lives holds a lock on its own."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, ImportError):
            import fcntl

            about = folder.lstat()
            fresh = time() - about.st_mtime < _NEW_S  # it may not hold its lock yet
            if folder.is_symlink() or about.st_uid != os.geteuid() or fresh:
                continue
            with (folder / _ALIVE).open("ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)


def _hold(folder: Path) -> IO[bytes]:
    """Says that the app of a folder lives, as long as the file is open."""
    file = (folder / _ALIVE).open("ab")
    with suppress(OSError, ImportError):
        import fcntl

        fcntl.flock(file, fcntl.LOCK_SH)
    return file


def key_of(study: Study) -> str:
    """Identifies all that a run depends on: its arms by their hashes, and what is read from them."""
    arms = [f"{arm.name}={arm_hash(study, n)}" for n, arm in enumerate(study.arms)]
    return "|".join([study.indication, study.benefit_risk.model_dump_json(), *arms])
