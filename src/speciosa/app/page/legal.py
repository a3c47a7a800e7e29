"""Legal: what holds where, leaf and 7-OH together, with the day on which it was true."""

from collections.abc import Iterable, Sequence
from datetime import date

from htmltools import Tag, tags
from markupsafe import Markup

from speciosa import facts
from speciosa.app.asking.state import State
from speciosa.app.look import parts
from speciosa.app.look.drawing import View
from speciosa.app.page.sources import with_links
from speciosa.errors import UnknownNameError
from speciosa.facts.places import FRESH_DAYS, namesake, place_code, standing, whole_country
from speciosa.facts.schema import LegalStatus
from speciosa.report.names import substance_name
from speciosa.report.sections.state_law import SHOWN, state_maps, states_table, status_words, words

TITLE = "Legal"
_BOTH = "kratom leaf and 7-OH"


def controls(state: State) -> Tag:
    """Which substance and place."""
    known = sorted({row.substance for row in facts.legal()}, key=lambda name: name not in SHOWN)
    return tags.div(
        tags.h2("Legal status"),
        parts.text(
            state, "place", "Place", kind="search", placeholder="all; or Tennessee, US-TN, DE"
        ),
        parts.choice(
            state, "substance", "Substance", {"": _BOTH} | {name: _called(name) for name in known}
        ),
        tags.p(
            {"class": "basis"}, "This is no legal advice. A status may have changed since its day."
        ),
    )


def _called(name: str) -> str:
    """A substance as people say it.

    Example:
        >>> _called("kratom"), _called("7_hydroxymitragynine"), _called("mitragynine")
        ('kratom leaf', '7-OH', 'Mitragynine')
    """
    if name == "kratom":
        return f"kratom {SHOWN[name].lower()}"
    return SHOWN.get(name) or substance_name(name)


def view(state: State) -> View:
    """What holds at the place asked for, leaf and 7-OH together; or maps and tables of all places."""
    page = View()
    place, asked = state["place"] or None, state["substance"] or None
    wanted = (asked,) if asked else tuple(SHOWN)
    try:
        shown = [row for name in wanted for row in facts.legal(place, of=name)]
        others = [] if asked or not place else _others(facts.legal(place))
        whole = whole_country(place, of=asked) if place else ()
        note = namesake(place) if place else ""
    except UnknownNameError as error:
        page.text(Markup('<p class="gap">{}</p>').format(str(error)))
        return page
    today = date.today()
    page.heading(_headline(shown, place, wanted))
    if note:
        page.text(Markup('<p class="notice">{}</p>').format(note))
    page.text(_age([*shown, *others, *whole], today))
    if not place:
        every = [row.model_dump() for row in facts.legal()]
        page.heading("The United States by state")
        page.text(state_maps(every))
        page.text(states_table(every))
        page.heading("Every place")
    page.text(_table(shown, today))
    if others:
        page.heading("Other substances there")
        page.text(_table(others, today))
    if whole:
        page.heading("In the whole country")
        page.text(_table(whole, today))
    return page


def _others(rows: Iterable[LegalStatus]) -> list[LegalStatus]:
    return [row for row in rows if row.substance not in SHOWN]


def _headline(rows: Sequence[LegalStatus], place: str | None, wanted: Sequence[str]) -> str:
    """What holds at one place in a line; else how many entries follow."""
    names = ", ".join(_called(name) for name in wanted)
    code = place_code(place) if place else ""
    here = {row.substance: row for row in rows if row.code == code and not row.scope}
    if not place or not here:
        return f"{names}: {len(rows)} {'entry' if len(rows) == 1 else 'entries'}"
    told = [
        f"{_called(name)} {words(here[name].model_dump()) if name in here else 'no entry'}"
        for name in wanted
    ]
    return f"{next(iter(here.values())).place}: {'; '.join(told)}"


def _age(rows: Sequence[LegalStatus], today: date) -> Markup:
    """How many of the answers are too old to be relied on."""
    stale = sum(standing(row, today).stale for row in rows)
    if not stale:
        told = f"Every answer was looked up within {FRESH_DAYS} days before {today}."
    else:
        told = f"{stale} of {len(rows)} answers are stale on {today}: nobody looked for {FRESH_DAYS} days, or a date has passed."
    return Markup('<p class="basis">{}</p>').format(told)


def _table(rows: Sequence[LegalStatus], today: date) -> Markup:
    body = [
        Markup(
            '<tr id="{0}" data-source="#{0}"><th scope="row">{1}<br><span class="basis">{8}</span></th><td>{2}{3}</td>'
            '<td data-label="statute or order">{4}</td><td data-label="as of">{5}</td><td data-label="looked up">{6}</td>'
            "<td>{7}</td></tr>"
        ).format(
            row.id,
            row.place,
            status_words(row.model_dump()),
            f" ({row.scope})" if row.scope else "",
            row.citation,
            row.as_of,
            standing(row, today).remark,
            with_links(row.source),
            _called(row.substance),
        )
        for row in rows
    ]
    return Markup(
        '<div class="table stacked"><table><thead><tr><th scope="col">Place</th><th scope="col">Status</th>'
        '<th scope="col">Statute or order</th><th scope="col">As of</th><th scope="col">Looked up</th>'
        '<th scope="col">Source</th></tr></thead><tbody>{}</tbody></table></div>'
    ).format(Markup("").join(body))
