"""The rankogram: how probable each rank of each treatment is."""

import altair as alt
import polars as pl

from speciosa.evidence.network.ranking import Ranks
from speciosa.report.figures.colours import COLOURS
from speciosa.report.figures.theme import unchecked


def rank_table(ranks: Ranks) -> pl.DataFrame:
    """One row a treatment: SUCRA, the most probable rank, the ranks that hold 95% of the probability."""
    rows = []
    for place, (name, (low, high)) in enumerate(
        zip(ranks.treatments, ranks.interval(), strict=True)
    ):
        rows.append(
            {
                "treatment": name,
                "sucra": float(ranks.sucra[place]),
                "most_probable_rank": int(ranks.probability[place].argmax()) + 1,
                "rank_low": low,
                "rank_high": high,
                "probability_best": float(ranks.probability[place, 0]),
            }
        )
    return pl.DataFrame(rows).sort("sucra", descending=True)


@unchecked
def rankogram(ranks: Ranks) -> alt.TopLevelMixin:
    """Bars of probability by rank, one panel a treatment, best by SUCRA first."""
    order = rank_table(ranks)["treatment"].to_list()
    bars = (
        alt.Chart(alt.Data(values=ranks.frame().to_dicts()))
        .mark_bar(color=COLOURS[0])
        .encode(
            x=alt.X("rank:O", title="Rank (1 is best)", axis=alt.Axis(labelAngle=0)),
            y=alt.Y("probability:Q", title="Probability", scale=alt.Scale(domain=[0, 1])),
        )
        .properties(width=125, height=80)
    )
    panels: alt.TopLevelMixin = bars.facet(
        facet=alt.Facet("treatment:N", sort=order, title=None), columns=4
    )
    return panels
