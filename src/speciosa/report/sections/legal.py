"""Legal status by place, with the day on which it was true."""

import polars as pl
from markupsafe import Markup

from speciosa.report.number import linked


def legal_html(legal: pl.DataFrame) -> Markup:
    """A table of status by place and substance; each row states its source and its day."""
    rows = []
    for entry in legal.iter_rows(named=True):
        anchor = str(entry["id"])
        rows.append(
            Markup(
                '<tr id="{0}" data-source="#{0}"><th scope="row">{1}</th><td>{2}</td><td>{3}</td><td>{4}</td><td>{5}</td></tr>'
            ).format(
                anchor,
                entry["place"],
                entry["substance"],
                entry["status"],
                linked(str(entry["as_of"]), anchor),
                entry["source"] or "",
            )
        )
    return Markup(
        '<details><summary>{} entries by place</summary><div class="table"><table><thead><tr><th scope="col">Place</th>'
        '<th scope="col">Substance</th><th scope="col">Status</th><th scope="col">As of</th><th scope="col">Source</th>'
        "</tr></thead><tbody>{}</tbody></table></div></details>"
    ).format(linked(str(len(rows)), "legal"), Markup("").join(rows))
