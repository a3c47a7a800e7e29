"""Legal status by place, with the day on which it was true and until when the answer counts as fresh."""

import polars as pl
from markupsafe import Markup

from speciosa.facts.places import FRESH_DAYS
from speciosa.report.names import substance_name
from speciosa.report.number import link_numbers, linked
from speciosa.report.sections.state_law import fresh_until, state_maps, states_table, status_words
from speciosa.report.texts import text


def legal_html(legal: pl.DataFrame) -> Markup:
    """Maps and a table of the states, then every entry by place; each row states its source and its days."""
    entries = legal.to_dicts()
    rows = []
    for entry in entries:
        anchor = str(entry["id"])
        rows.append(
            Markup(
                '<tr id="{0}" data-source="#{0}"><th scope="row">{1}</th><td>{2}</td><td>{3}</td><td>{4}</td><td>{5}</td>'
                "<td>{6}</td><td>{7}</td></tr>"
            ).format(
                anchor,
                entry["place"],
                f"{substance_name(str(entry['substance']))} {entry['scope']}".strip(),
                status_words(entry),
                entry["citation"],
                linked(str(entry["as_of"]), anchor),
                fresh_until(entry) or "stale",
                entry["source"] or "",
            )
        )
    intro = Markup("<p>{}</p>").format(link_numbers(text("legal.intro", days=FRESH_DAYS), "legal"))
    return intro + Markup(
        "{}<details><summary>Every state: leaf and 7-OH</summary>{}</details>"
        '<details><summary>{} entries by place</summary><div class="table"><table><thead><tr><th scope="col">Place</th>'
        '<th scope="col">Substance</th><th scope="col">Status</th><th scope="col">Statute or order</th><th scope="col">As of</th>'
        '<th scope="col">Fresh until</th><th scope="col">Source</th></tr></thead><tbody>{}</tbody></table></div></details>'
    ).format(
        state_maps(entries),
        states_table(entries),
        linked(str(len(rows)), "legal"),
        Markup("").join(rows),
    )
