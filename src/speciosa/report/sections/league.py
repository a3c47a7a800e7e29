"""The league table as HTML."""

from markupsafe import Markup

from speciosa.evidence.network.league import league_table
from speciosa.evidence.network.result import NetworkResult
from speciosa.evidence.network.words import scale_text


def league_html(result: NetworkResult) -> Markup:
    """Network estimates below the diagonal, direct evidence above it, best treatment first.

    A cell reads row against column; an empty one above the diagonal means that no trial compares the two.
    """
    table = league_table(result)
    names = table["treatment"].to_list()
    body = []
    for line, name in enumerate(names):
        cells = []
        for column, other in enumerate(names):
            text = table[other][line]
            kind = "name" if line == column else ("network" if line > column else "direct")
            inner = Markup("<strong>{}</strong>").format(text) if kind == "name" else _cell(text)
            if kind == "direct" and not text:
                inner = Markup('<span class="gap">no trial</span>')
            cells.append(
                Markup('<td class="{}" style="white-space:nowrap">{}</td>').format(kind, inner)
            )
        body.append(
            Markup('<tr><th scope="row">{}</th>{}</tr>').format(name, Markup("").join(cells))
        )
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(name) for name in names)
    caption = (
        f"{scale_text(result.network.measure)} of row against column with {100 * result.level:g}% intervals: "
        "network estimates below the diagonal, direct evidence above it."
    )
    return Markup(
        '<div class="table"><table class="league"><caption>{}</caption><thead><tr><td></td>{}</tr></thead>'
        "<tbody>{}</tbody></table></div>"
    ).format(caption, head, Markup("").join(body))


def _cell(text: str) -> Markup:
    """The estimate with its interval on a second line."""
    estimate, _, interval = text.partition(" (")
    return Markup("{}<br><small>{}</small>").format(estimate, interval.removesuffix(")"))
