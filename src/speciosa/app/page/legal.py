"""Legal: what holds where, with the day on which it was true."""

from datetime import date

from htmltools import Tag, tags
from markupsafe import Markup

from speciosa import facts
from speciosa.app.asking.state import State
from speciosa.app.look import parts
from speciosa.app.look.drawing import View
from speciosa.app.page.sources import with_links
from speciosa.errors import UnknownNameError
from speciosa.facts.places import FRESH_DAYS, namesake, standing
from speciosa.facts.schema import LegalStatus
from speciosa.report.sections.state_law import state_maps, states_table, status_words

TITLE = "Legal"
_DEFAULT = "kratom"


def controls(state: State) -> Tag:
    """Which substance and place."""
    known = dict.fromkeys(row.substance for row in facts.legal())
    return tags.div(
        tags.h2("Legal status"),
        parts.choice(
            state,
            "substance",
            "Substance",
            {
                (name if name != _DEFAULT else ""): name.replace("_", " ")
                for name in sorted(known, key=lambda name: name != _DEFAULT)
            },
        ),
        parts.text(
            state, "place", "Place", kind="search", placeholder="all; or Tennessee, US-TN, DE"
        ),
        tags.p(
            {"class": "basis"}, "This is no legal advice. A status may have changed since its day."
        ),
    )


def view(state: State) -> View:
    """Maps of the states, the table of states, and the table of every place."""
    page = View()
    name = state["substance"] or _DEFAULT
    try:
        shown = facts.legal(state["place"] or None, of=name)
        note = namesake(state["place"]) if state["place"] else ""
    except UnknownNameError as error:
        page.text(Markup('<p class="gap">{}</p>').format(str(error)))
        return page
    today = date.today()
    stale = sum(standing(row, today).stale for row in shown)
    page.heading(f"{name.replace('_', ' ')}: {len(shown)} entries")
    if note:
        page.text(Markup('<p class="notice">{}</p>').format(note))
    page.text(
        Markup(
            '<p class="basis">{} of {} answers are stale on {}: nobody looked for {} days.</p>'
        ).format(stale, len(shown), today, FRESH_DAYS)
    )
    page.text(_table(shown, today))
    if not state["place"]:
        every = [row.model_dump() for row in facts.legal()]
        page.heading("The United States by state")
        page.text(state_maps(every))
        page.text(states_table(every))
    return page


def _table(rows: tuple[LegalStatus, ...], today: date) -> Markup:
    body = [
        Markup(
            '<tr id="{0}" data-source="#{0}"><th scope="row">{1}</th><td>{2}{3}</td>'
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
        )
        for row in rows
    ]
    return Markup(
        '<div class="table stacked"><table><thead><tr><th scope="col">Place</th><th scope="col">Status</th>'
        '<th scope="col">Statute or order</th><th scope="col">As of</th><th scope="col">Looked up</th>'
        '<th scope="col">Source</th></tr></thead><tbody>{}</tbody></table></div>'
    ).format(Markup("").join(body))
