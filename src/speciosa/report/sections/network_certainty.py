"""How sure each comparison of a network is: GRADE's sentence, and CINeMA's domains behind it."""

from collections.abc import Sequence

from markupsafe import Markup

from speciosa.evidence.appraisal.certainty import ComparisonCertainty
from speciosa.report.number import link_numbers, table_html


def certainty_html(found: Sequence[ComparisonCertainty], anchor: str) -> Markup:
    """GRADE's sentence of each comparison as a list, and the six domains with their reasons as a folded table."""
    if not found:
        return Markup("")
    said = Markup("").join(
        Markup("<li>{}</li>").format(link_numbers(one.statement, anchor)) for one in found
    )
    rows = [
        {
            "treatment": one.treatment,
            "certainty": one.level,
            "interval against the important difference": one.importance,
        }
        | {
            domain.name: link_numbers(f"{domain.concern}: {domain.reason}", anchor)
            for domain in one.domains
        }
        for one in found
    ]
    return Markup(
        "<h3>How sure each comparison is</h3><ul>{}</ul>"
        '<details data-source="#{}"><summary>The domains behind it (CINeMA)</summary>{}</details>'
    ).format(said, anchor, table_html(rows, anchor))
