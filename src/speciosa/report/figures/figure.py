"""A figure with all that must stand beside it: what it shows, its source, and the same as a table."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
from markupsafe import Markup

from speciosa.delimited import frame_as_csv
from speciosa.report.figures.look import Spec
from speciosa.report.number import table_html
from speciosa.saving import save_whole

if TYPE_CHECKING:
    import altair as alt


ROWS = "rows"
"""The name of data that a chart takes from its figure."""


@dataclass(frozen=True)
class Figure:
    """One figure of a report.

    Attributes:
        name: of its files and its anchor.
        title: what it shows, as a statement or a question.
        caption: population, outcome, scale, interval, and what is not known.
        chart: the drawing, of Altair or as Vega-Lite.
        table: the numbers drawn.
        sources: anchors in the page where the numbers are explained.
        narrow: the same drawn for a telephone; the wide one is scaled where there is none.
        rows: of charts whose data are named `ROWS`: many rows slow the building of a chart, which copies them at each step.
    """

    name: str
    title: str
    caption: str
    chart: "alt.TopLevelMixin | Spec"
    table: pl.DataFrame
    sources: tuple[str, ...]
    narrow: "alt.TopLevelMixin | Spec | None" = None
    rows: tuple[Mapping[str, object], ...] = ()

    @cached_property
    def svg(self) -> str:
        """The drawing as SVG text."""
        return _drawn(self.chart, self.rows)

    @cached_property
    def printed(self) -> bytes:
        """The drawing as PNG, fine enough for print."""
        import vl_convert

        return bytes(vl_convert.svg_to_png(self.svg, scale=2))

    @cached_property
    def drawings(self) -> Markup:
        """The drawing, and the one for a telephone where there is one; the page shows one of them."""
        alt = f"{self.title}. {self.caption}"
        box = Markup('<div class="drawing{}" role="img" aria-label="{}">{}</div>')
        if self.narrow is None:
            return box.format("", alt, Markup(self.svg))
        return box.format(" on-desk", alt, Markup(self.svg)) + box.format(
            " on-phone", alt, Markup(_drawn(self.narrow, self.rows))
        )

    def html(self) -> Markup:
        """The drawing, its caption with links to sources, and its table folded below."""
        links = Markup(", ").join(
            Markup('<a href="#{0}">{1}</a>').format(anchor, label(anchor))
            for anchor in _short(self.sources)
        )
        first = self.sources[0]
        return Markup(
            '<figure id="fig-{name}" data-source="#{first}">'
            "<h3>{title}</h3>{drawings}"
            "<figcaption>{caption} Source: {links}. "
            '<a href="figures/{name}.svg">SVG</a> <a href="figures/{name}.png">PNG</a> '
            '<a href="tables/{name}.csv">CSV</a></figcaption>'
            "<details><summary>The numbers as a table</summary>{table}</details></figure>"
        ).format(
            name=self.name,
            first=first,
            title=self.title,
            drawings=self.drawings,
            caption=self.caption,
            links=links,
            table=table_html(self.table, first),
        )

    def write(self, folder: Path) -> None:
        """Writes ``figures/NAME.svg``, ``figures/NAME.png`` and ``tables/NAME.csv`` below `folder`."""
        import vl_convert

        drawing = folder / "figures" / self.name
        save_whole(drawing.with_suffix(".svg"), self.svg)
        save_whole(drawing.with_suffix(".png"), vl_convert.svg_to_png(self.svg, scale=1.5))
        save_whole(folder / "tables" / f"{self.name}.csv", frame_as_csv(self.table))


def spec_of(chart: "alt.TopLevelMixin | Spec") -> Spec:
    """A chart as Vega-Lite; checked against the schema by the tests, which takes longer than the drawing."""
    return chart if isinstance(chart, dict) else chart.to_dict(validate=False)


def _drawn(chart: "alt.TopLevelMixin | Spec", rows: Sequence[Mapping[str, object]]) -> str:
    import vl_convert

    spec = spec_of(chart)
    if rows:
        spec = {**spec, "datasets": {**spec.get("datasets", {}), ROWS: list(rows)}}
    return str(vl_convert.vegalite_to_svg(json.dumps(spec)))


def _short(anchors: Sequence[str]) -> list[str]:
    """The anchors, several of one kind of section taken together."""
    made = [anchor for anchor in anchors if anchor.startswith("made-")]
    others = [anchor for anchor in anchors if anchor not in made]
    return [*(made if len(made) < 3 else ["made"]), *others]


def label(anchor: str) -> str:
    """Words for an anchor: ``made-kratom-leaf`` reads "how kratom leaf was simulated"."""
    if anchor == "made":
        return "how each arm was simulated"
    kind, _, rest = anchor.partition("-")
    words = rest.replace("-", " ")
    return {
        "made": f"how {words} was simulated",
        "ref": rest,
        "network": f"trials of {words}",
    }.get(kind, anchor.replace("-", " "))


def anchor_of(kind: str, name: str) -> str:
    """An anchor that is safe in HTML: ``anchor_of("made", "7-OH tablet")`` is ``made-7-oh-tablet``."""
    safe = "".join(c if c.isalnum() else "-" for c in name.casefold())
    return f"{kind}-" + "-".join(part for part in safe.split("-") if part)
