"""The law of the United States by state: a map of tiles and a table, for leaf and for 7-hydroxymitragynine."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from markupsafe import Markup

from speciosa.facts.places import FRESH_DAYS

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
STATES = tuple(sorted(code for line in _TILES for code in line.split() if code != "."))
# A sign for each status, so that the map is read without its colours.
_SIGNS = {
    "legal": "○",
    "regulated": "◐",
    "age_limited": "◐",
    "prescription": "◐",
    "sale_banned": "◕",
    "banned": "●",
    "scheduled": "●",
    "import_banned": "●",
    "unclear": "?",
}
_LEGEND = (
    "○ no law of the state found; ◐ allowed under rules; ◕ sale held unlawful; ● banned or scheduled; "
    "? not resolved; * a change is enacted. Federal law holds beside the law of the state."
)
SHOWN = {"kratom": "Leaf", "7_hydroxymitragynine": "7-OH"}
"""The substances that the map and the table of states show, with their headings."""

Entry = Mapping[str, Any]


def by_state(rows: Iterable[Entry]) -> dict[str, dict[str, Entry]]:
    """The entries of each state by its two letters and by substance.

    Example:
        >>> row = {"code": "US-TX", "substance": "kratom", "scope": "", "status": "age_limited"}
        >>> by_state([row])["TX"]["kratom"]["status"]
        'age_limited'
    """
    found: dict[str, dict[str, Entry]] = {}
    for row in rows:
        code = str(row["code"])
        if code.startswith("US-") and not row["scope"]:
            found.setdefault(code.removeprefix("US-"), {})[str(row["substance"])] = row
    return found


def fresh_until(row: Entry) -> str:
    """The last day on which the answer of a row counts as fresh, or nothing if nobody looked it up.

    Example:
        >>> fresh_until({"looked_up_on": "2026-11-29"}), fresh_until({"looked_up_on": ""})
        ('2027-01-28', '')
    """
    text = str(row["looked_up_on"])
    return str(date.fromisoformat(text) + timedelta(days=FRESH_DAYS)) if text else ""


def state_maps(rows: Iterable[Entry]) -> Markup:
    """A map of tiles for each substance of `SHOWN`, each tile with a sign for the status."""
    found = by_state(rows)
    maps = [
        Markup(
            '<div><h3>{}</h3><div class="tiles" role="img" aria-label="{}">{}</div></div>'
        ).format(heading, _spoken(heading, found, substance), _tiles(found, substance))
        for substance, heading in SHOWN.items()
    ]
    return Markup('<div class="columns">{}</div><p class="basis">{}</p>').format(
        Markup("").join(maps), _LEGEND
    )


def _tiles(found: Mapping[str, Mapping[str, Entry]], substance: str) -> Markup:
    cells = []
    for code in (code for line in _TILES for code in line.split()):
        row = found.get(code, {}).get(substance)
        if code == ".":
            cells.append(Markup("<i></i>"))
        elif row is None:
            cells.append(Markup('<span title="{0}: no entry">{0}</span>').format(code))
        else:
            change = "*" if row["pending_status"] else ""
            cells.append(
                Markup('<span class="status-{}" title="{}: {}, as of {}">{}<b>{}{}</b></span>').format(
                    row["status"], row["place"], words(row), row["as_of"], code,
                    _SIGNS[str(row["status"])], change,
                )
            )  # fmt: skip
    return Markup("").join(cells)


def _spoken(heading: str, found: Mapping[str, Mapping[str, Entry]], substance: str) -> str:
    """What the map shows, for who does not see it: the table says the same state by state."""
    counts: dict[str, int] = {}
    for entries in found.values():
        if substance in entries:
            status = str(entries[substance]["status"]).replace("_", " ")
            counts[status] = counts.get(status, 0) + 1
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    return f"{heading} by state: {told}. The table says the same state by state."


def status_words(row: Entry) -> Markup:
    """The status with its sign in its colour, then its dates and what is enacted to follow."""
    status = str(row["status"])
    dates = words(row).removeprefix(status.replace("_", " "))
    return Markup('<span class="verdict status-{}">{} {}</span>{}').format(
        status, _SIGNS[status], status.replace("_", " "), dates
    )


def words(row: Entry) -> str:
    """The status of a row in words, with what ends it and what is enacted to follow."""
    parts = [str(row["status"]).replace("_", " ")]
    if row["since"]:
        parts.append(f"since {row['since']}")
    if row["expires"]:
        parts.append(f"until {row['expires']}")
    if row["pending_status"]:
        then = str(row["pending_status"]).replace("_", " ")
        parts.append(f"enacted: {then} from {row['pending_from'] or 'a day not found'}")
    return ", ".join(parts)


def states_table(rows: Iterable[Entry]) -> Markup:
    """All states with the status, the statute or order and a remark for each substance of `SHOWN`."""
    found = by_state(rows)
    named = {code: _place(found.get(code, {}), code) for code in STATES}
    body = []
    for code in sorted(named, key=named.__getitem__):
        cells = Markup("").join(
            _cell(found.get(code, {}).get(substance), heading)
            for substance, heading in SHOWN.items()
        )
        body.append(Markup('<tr><th scope="row">{}</th>{}</tr>').format(named[code], cells))
    heads = Markup("").join(
        Markup('<th scope="col">{}</th>').format(each) for each in SHOWN.values()
    )
    return Markup(
        '<div class="table stacked"><table><caption>Every state, leaf and 7-hydroxymitragynine: what holds, by which '
        'statute or order, and when somebody last looked.</caption><thead><tr><th scope="col">State</th>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(heads, Markup("").join(body))


def _place(entries: Mapping[str, Entry], code: str) -> str:
    return next((str(row["place"]) for row in entries.values()), code)


def _cell(row: Entry | None, heading: str) -> Markup:
    if row is None:
        return Markup('<td data-label="{}">no entry</td>').format(heading)
    note = Markup("<br>{}").format(row["note"]) if row["note"] else Markup("")
    looked = f"looked up {row['looked_up_on']}" if row["looked_up_on"] else "not looked up again"
    return Markup(
        '<td data-label="{0}" data-source="#{6}">{1}{2}<br><span class="basis">{3}; as of {4}; {5}; '
        '<a href="#{6}">{6}</a></span></td>'
    ).format(
        heading,
        status_words(row),
        note,
        row["citation"] or "statute or order not looked up",
        row["as_of"],
        looked,
        row["id"],
    )
