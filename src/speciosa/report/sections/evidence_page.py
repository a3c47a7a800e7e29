"""Pages of pooled evidence: figures drawn into one HTML file that works offline."""

import json

import altair as alt
import polars as pl
import vl_convert
from markupsafe import Markup

from speciosa.errors import EvidenceError
from speciosa.evidence.pairwise.result import PairwiseMetaAnalysis
from speciosa.evidence.pairwise.words import as_text, describe, natural_interval
from speciosa.evidence.table.assessments import DOMAINS, assessments
from speciosa.report.figures.forest import forest, forest_table
from speciosa.report.figures.funnel import funnel, funnel_table
from speciosa.report.number import table_html
from speciosa.report.page import Part, page


def drawing(
    name: str, title: str, caption: str, chart: alt.TopLevelMixin, table: pl.DataFrame
) -> Markup:
    """A figure as SVG with its caption, and its numbers as a folded table."""
    svg = str(vl_convert.vegalite_to_svg(json.dumps(chart.to_dict())))
    return Markup(
        '<figure id="fig-{name}"><h3>{title}</h3><div class="drawing" role="img" aria-label="{alt}">{svg}</div>'
        "<figcaption>{caption}</figcaption>"
        "<details><summary>The numbers as a table</summary>{table}</details></figure>"
    ).format(
        name=name,
        title=title,
        alt=f"{title}. {caption}",
        svg=Markup(svg),
        caption=caption,
        table=table_html(table, "methods"),
    )


def pairwise_page(result: PairwiseMetaAnalysis, source: str, title: str = "") -> str:
    """One page on a pairwise meta-analysis: forest, funnel, methods.

    Args:
        result: the pooled effect.
        source: where the studies come from, in words.
        title: of the page; the measure where empty.
    """
    table = result.studies.table
    pooled = natural_interval(result, result.estimate, result.ci_low, result.ci_high)
    caption = (
        f"{describe(result)}. Squares: studies, area by weight, {100 * result.level:g}% intervals;"
        f" diamond: pooled effect; dashed: prediction interval.{_dots(table)} Source: {source}."
    )
    body = drawing(
        "forest",
        f"Pooled {result.measure.label}: {pooled}",
        caption,
        forest(result),
        forest_table(result),
    )
    parts = [Part("answer", "Result", body)]
    if result.k > 2 and result.fit.p == 1 and result.method not in ("MH", "PETO", "EXACT", "GLMM"):
        parts.append(Part("funnel", "Small studies", _funnel(result, source)))
    words = Markup("<pre>{}</pre>").format(as_text(result))
    parts.append(Part("methods", "Numbers and methods", words))
    return page(title or f"Meta-analysis: {result.measure.label}", source, parts, describe(result))


def _dots(table: pl.DataFrame) -> str:
    """What the dots beside the studies say, where the table tells the domains of RoB 2."""
    rows = [row | {"": str(i)} for i, row in enumerate(table.to_dicts())]
    if not any(one.domains for one in assessments(rows, study="").values()):
        return ""
    return f" Dots: risk of bias by {', '.join(DOMAINS)}, and overall."


def _funnel(result: PairwiseMetaAnalysis, source: str) -> Markup:
    filled = result.trim_and_fill()
    try:
        egger = result.egger()
        said = f"Egger's regression: statistic {egger.statistic:.2f}, p = {egger.p:.2g}"
        said += "; with fewer than 10 studies it cannot tell." if egger.few else "."
    except EvidenceError:
        said = "Egger's regression needs studies of different precision."
    caption = (
        f"{said} Trim and fill: {filled.missing} studies on the {filled.side}. Dashed lines: 95%"
        f" of studies without heterogeneity. Source: {source}."
    )
    return drawing(
        "funnel",
        "Effect against standard error",
        caption,
        funnel(result, filled),
        funnel_table(result, filled),
    )
