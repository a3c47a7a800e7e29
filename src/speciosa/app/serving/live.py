"""One browser's session: its fields become a state, the state a question, the question a page, newest first."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from shiny import Inputs, Session, reactive
from shiny.render.renderer import Renderer

from speciosa.app.asking import questions
from speciosa.app.asking.fields import PAGES, fields
from speciosa.app.asking.questions import Asked
from speciosa.app.asking.state import State, accept, write_query
from speciosa.app.look.drawing import View
from speciosa.app.page import compare, interactions, legal, sources
from speciosa.app.page.kept import kept
from speciosa.app.page.pages import drawn_page
from speciosa.app.running.runs import Busy, Cancelled, Runs, Ticket
from speciosa.app.running.shelf import SHELF, Shelf
from speciosa.errors import Fault, InputError, SpeciosaError
from speciosa.study import Study
from speciosa.study.result import StudyRun

QUIET_S = 1.0
_TICK_S = 0.25
_LONGEST = 320
Message = dict[str, Any]


class ViewRenderer(Renderer[Message]):
    """Sends a page's view to the browser, where its figures are drawn."""

    async def transform(self, value: Message) -> Message:
        """The view is ready to be sent as it is."""
        return value


class Live:
    """The server's side of one session.

    Args:
        session: Shiny's.
        runs: shared by all sessions.
        shelf: where files wait to be fetched.
    """

    def __init__(self, session: Session, runs: Runs, shelf: Shelf) -> None:
        self.session, self.runs, self.shelf = session, runs, shelf
        self.views: dict[str, reactive.Value[Message | None]] = {
            page: reactive.Value(None, name=f"view_{page}") for page in PAGES
        }
        self.task: asyncio.Task[None] | None = None
        self.ticket = Ticket(session.id)
        self.state: State | None = None
        self.told: tuple[State, StudyRun] | None = None
        self.key, self.turn = "", 0
        self.making: asyncio.Task[None] | None = None

    def close(self) -> None:
        """Gives up whatever still runs."""
        self.ticket.cancel()
        for task in (self.task, self.making):
            if task is not None:
                task.cancel()

    async def changed(self, written: Mapping[str, object], narrow: bool) -> None:
        """Takes new fields: says what is wrong with them, and begins the page they ask for."""
        self.turn += 1
        turn = self.turn
        try:
            state, faults, asked, colours = await self.runs.read(partial(_read, written))
        except Busy as error:
            await self.say(str(error))
            return
        if turn != self.turn:
            return  # newer fields came while these were read
        page = state["page"]
        shown = {**asked.faults, **faults}
        await self.send("faults", {"faults": {name: told(found) for name, found in shown.items()}})
        await self.send("link", {"query": write_query(state), "colours": colours})
        if faults:
            await self.say("A field needs a look: see the message beside it.")
            return
        key = f"{narrow}?{write_query(state)}"
        if key == self.key and self.task is not None and not self.task.done():
            return
        self.state, self.key = state, key
        self.ticket.cancel()
        if self.task is not None:
            self.task.cancel()
        self.ticket = Ticket(self.session.id)
        self.task = asyncio.create_task(self._answer(page, state, asked, narrow, self.ticket))

    async def stop(self) -> None:
        """Cancels what runs; what is shown stays."""
        self.ticket.cancel()
        running = [
            task for task in (self.task, self.making) if task is not None and not task.done()
        ]
        for task in running:
            task.cancel()
        if running:
            await self.say("Stopped. What is shown stays.")

    async def _answer(
        self, page: str, state: State, asked: Asked, narrow: bool, ticket: Ticket
    ) -> None:
        try:
            if page in {"interactions", "evidence", "trial", "plan", "sources", "legal"}:
                await self._page(page, state, narrow)
            elif asked.study is None:
                await self.say("A field needs a look: see the message beside it.")
            else:
                await self._simulate(page, state, asked.study, narrow, ticket)
        except (asyncio.CancelledError, Cancelled):
            raise
        except SpeciosaError as error:
            await self.say(str(error)[:300])
        except Exception as error:
            await self.say(
                f"This could not be computed: {type(error).__name__}. Nothing was changed."
            )
            raise

    async def _page(self, page: str, state: State, narrow: bool) -> None:
        makers: dict[str, Callable[[], View]] = {
            "evidence": partial(_evidence, state, narrow),
            "sources": lambda: sources.view(state),
            "legal": lambda: legal.view(state),
            "interactions": lambda: interactions.view(state),
        }
        if page == "trial":
            await self.say("Simulating trials")
            chosen = tuple(state[name] for name in ("trial", "people", "completes"))
            view = await self.runs.once((page, narrow, *chosen), partial(_trial, state, narrow))
        elif page == "plan":
            await self.say("Following people")
            chosen = tuple(state[name] for name in ("plan", "against", "followed"))
            view = await self.runs.once((page, narrow, *chosen), partial(_plan, state, narrow))
        else:
            await self.say("Looking it up")
            view = await self.runs.aside(makers[page])
        await self._show(page, view, "whole")
        await self.say("")

    async def _simulate(
        self, page: str, state: State, study: Study, narrow: bool, ticket: Ticket
    ) -> None:
        size = self.runs.preview_size()
        quick = questions.sized(study, size)
        await self.say("Simulating a preview", 0.0)
        run = await self.runs.run(quick, ticket, preview=True)
        await self._draw(page, state, study, run, narrow, "preview")
        await self.say(f"Preview: {size[0]} patients, {size[1]} draws", 0.0)
        await asyncio.sleep(QUIET_S)
        work = asyncio.ensure_future(self.runs.run(study, ticket, preview=False))
        try:
            await self._follow("Refining", work, ticket)
            await self._draw(page, state, study, work.result(), narrow, "whole")
        finally:
            work.cancel()
        people = study.population
        await self.say(f"Done: {people.patients} patients, {people.draws} draws")

    async def _draw(
        self, page: str, state: State, study: Study, run: StudyRun, narrow: bool, stage: str
    ) -> None:
        await self._show(page, await drawn_page(self.runs, page, state, study, run, narrow), stage)
        self.told = state, run

    async def _show(self, page: str, view: View, stage: str) -> None:
        async with reactive.lock():
            self.views[page].set(view.message(self.key, stage))
            await reactive.flush()
        self.runs.shown.set()

    async def keep_result(self) -> None:
        """Gives the browser what it shows now in short, to stand beside what comes next."""
        if self.told is None:
            await self.say("There is no result to keep yet.")
            return
        await self.send("kept", await self.runs.aside(partial(kept, *self.told)))

    async def keep(self, name: str) -> None:
        """Makes a file to keep: the study, or the full report."""
        asked = questions.ask(self.state) if self.state is not None else Asked(None, {})
        if asked.study is None:
            await self.say("There is no question to keep yet: see the messages beside the fields.")
            return
        study = asked.study
        if name == "save_study":
            text = questions.study_text(study).encode()
            await self._offer("study.toml", text)
            return
        if self.making is not None and not self.making.done():
            await self.say("A report is being made already.")
            return
        self.making = asyncio.create_task(self._report(study))

    async def _report(self, study: Study) -> None:
        ticket = Ticket(self.session.id)
        try:
            work = asyncio.ensure_future(
                self.runs.long(partial(_archive, study, self.runs.folder, ticket), ticket)
            )
            await self._follow("Making the report", work, ticket)
            await self._offer("report.zip", work.result())
            await self.say("The report is ready under “Keep or share”.")
        except asyncio.CancelledError:
            ticket.cancel()
            raise
        except SpeciosaError as error:
            await self.say(str(error)[:300])

    async def _offer(self, name: str, content: bytes) -> None:
        key = self.shelf.put(name, content)
        html = f'<a href="{SHELF}{key}" download="{name}">Download {name}</a>'
        await self.send("ready", {"html": html})

    async def open_study(self, text: str) -> None:
        """Shows a study file."""
        try:
            state = await self.runs.read(partial(questions.from_study_text, text))
        except InputError as error:
            await self.send("refused", {"text": told(error.faults)})
            return
        except Busy as error:
            await self.send("refused", {"text": str(error)})
            return
        await self.send("go", {"query": write_query(state)})

    async def _follow(self, text: str, work: "asyncio.Future[Any]", ticket: Ticket) -> None:
        """Tells how far the work is, when that changes, until it is done."""
        last = ("", -1.0)
        while not work.done():
            place = self.runs.place_in_line(ticket)
            line = f"Waiting: place {place} in the line" if place else text
            now = (line, round(ticket.share, 2))
            if now != last:
                await self.say(*now)
            last = now
            await asyncio.wait({work}, timeout=_TICK_S)

    async def say(self, text: str, done: float | None = None) -> None:
        """The line that tells what runs; `done` is the share done, None where nothing runs."""
        await self.send("progress", {"text": text, "done": done})

    async def send(self, kind: str, message: dict[str, object]) -> None:
        """A message to the browser."""
        await self.session.send_custom_message(kind, message)


def _read(
    written: Mapping[str, object],
) -> tuple[State, dict[str, tuple[Fault, ...]], Asked, dict[str, tuple[str, str]]]:
    state, faults = accept(written)
    return state, faults, questions.ask(state), compare.colours(state)


# What follows loads the statistics of trials and weighing, which the first figure does not need.
def _evidence(state: State, narrow: bool) -> View:
    from speciosa.app.page.evidence_view import view

    return view(state, narrow)


def _trial(state: State, narrow: bool) -> View:
    from speciosa.app.page.trial_view import view

    return view(state, narrow)


def _plan(state: State, narrow: bool) -> View:
    from speciosa.app.page.plan_view import view

    return view(state, narrow)


def _archive(study: Study, folder: Path, ticket: Ticket, give_way: Callable[[], None]) -> bytes:
    from speciosa.app.serving.reports import report_archive

    return report_archive(study, folder, ticket, give_way)


def told(faults: tuple[Fault, ...]) -> str:
    """Faults in words, short enough to stand beside a field; of a long list of what is known only the way out is kept."""
    return "\n".join(_short(fault) for fault in faults[:5])


def _short(fault: Fault) -> str:
    text = str(fault)
    if len(text) > _LONGEST and fault.fix:
        text = f"{fault.where}: {fault.found} cannot be used here. {fault.fix}"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def serve_session(runs: Runs, shelf: Shelf, input: Inputs, session: Session) -> None:
    """Connects one session's inputs and outputs."""
    live = Live(session, runs, shelf)
    session.on_ended(live.close)

    def text(name: str) -> object:
        value = input[name]
        return value() if value.is_set() else fields()[name].default

    @reactive.effect
    async def _fields() -> None:
        narrow = input["narrow"].is_set() and input["narrow"]() == "yes"
        await live.changed({name: text(name) for name in fields()}, narrow)

    for event, action in {
        "cancel": lambda _: live.stop(),
        "keep_result": lambda _: live.keep_result(),
        "save_study": lambda _: live.keep("save_study"),
        "make_report": lambda _: live.keep("make_report"),
        "study_file": lambda written: live.open_study(str(written)),
    }.items():
        _on(input, event, action)
    for page in PAGES:
        _output(live, page)


def _on(input: Inputs, event: str, action: Callable[[object], Any]) -> None:
    @reactive.effect
    @reactive.event(input[event])
    async def _event() -> None:
        await action(input[event]())


def _output(live: Live, page: str) -> None:
    def value() -> Message | None:
        return live.views[page]()

    value.__name__ = f"view_{page}"
    ViewRenderer()(value)
