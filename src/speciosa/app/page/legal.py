"""Legal: what holds where, with the day on which it was true."""

from htmltools import Tag, tags
from markupsafe import Markup

from speciosa import facts
from speciosa.app.asking.state import State
from speciosa.app.look import parts
from speciosa.app.look.drawing import View
from speciosa.app.page.sources import with_links
from speciosa.errors import UnknownNameError
from speciosa.facts.schema import LegalStatus

TITLE = "Legal"
# Columns and rows of the usual tile map of the United States: every state one tile, about where it lies.
_TILES = (
    "AK . . . . . . . . . . ME",
    ". . . . . . . . . . VT NH",
    "WA ID MT ND MN IL WI MI NY RI MA .",
    "OR NV WY SD IA IN OH PA NJ CT . .",
    "CA UT CO NE MO KY WV VA MD DE DC .",
    ". AZ NM KS AR TN NC SC . . . .",
    "HI . . OK LA MS AL GA . . . .",
    ". . . TX . . . . FL . . .",
)
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
    """A map of the states with the table of every place."""
    page = View()
    name = state["substance"] or _DEFAULT
    try:
        every = facts.legal(of=name)
        shown = facts.legal(state["place"] or None, of=name)
    except UnknownNameError as error:
        page.text(Markup('<p class="gap">{}</p>').format(str(error)))
        return page
    page.heading(f"{name.replace('_', ' ')}: {len(shown)} entries")
    page.text(_tiles(every))
    page.text(_table(shown))
    return page


def _tiles(every: tuple[LegalStatus, ...]) -> Markup:
    by_code = {row.code: row for row in every}
    cells = []
    for line in _TILES:
        for code in line.split():
            row = by_code.get(f"US-{code}")
            if code == ".":
                cells.append(Markup("<i></i>"))
            elif row is None:
                cells.append(Markup('<span title="{0}: no entry">{0}</span>').format(code))
            else:
                cells.append(
                    Markup('<span class="status-{}" title="{}: {}, as of {}">{}</span>').format(
                        row.status, row.place, row.status.replace("_", " "), row.as_of, code
                    )
                )
    return Markup(
        '<div class="tiles" role="img" aria-label="Map of the United States; the table says the same.">{}</div>'
        '<p class="basis">Green: legal. Yellow: regulated, age limit or prescription. '
        "Red: banned or scheduled. Grey: unclear.</p>"
    ).format(Markup("").join(cells))


def _table(rows: tuple[LegalStatus, ...]) -> Markup:
    body = [
        Markup(
            '<tr id="{0}" data-source="#{0}"><th scope="row">{1}</th><td><span class="verdict status-{2}">{3}</span>{4}</td>'
            '<td data-label="since">{5}</td><td data-label="as of">{6}</td><td>{7}</td></tr>'
        ).format(
            row.id,
            row.place,
            row.status,
            row.status.replace("_", " "),
            f" ({row.scope})" if row.scope else "",
            row.since or "not known",
            row.as_of,
            with_links(row.source),
        )
        for row in rows
    ]
    return Markup(
        '<div class="table stacked"><table><thead><tr><th scope="col">Place</th><th scope="col">Status</th>'
        '<th scope="col">Since</th><th scope="col">As of</th><th scope="col">Source</th></tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(Markup("").join(body))
