"""Network estimates as forest plots: every treatment against the reference, and direct against indirect evidence."""

import altair as alt
import polars as pl

from speciosa.evidence.network.effects import RATIOS, display
from speciosa.evidence.network.inconsistency import net_split
from speciosa.evidence.network.result import NetworkResult
from speciosa.evidence.network.words import scale_text
from speciosa.report.figures.network import ROOM
from speciosa.report.figures.theme import NARROW, unchecked

MOST_SPLITS = 40
INK, GREEN, GREY = "#1d2730", "#00735c", "#5a6672"


def forest_table(result: NetworkResult) -> pl.DataFrame:
    """Every treatment against the reference on the scale a reader knows, best by P-score first unless ranks are withheld."""
    show = display(result.network.measure)
    score = result.p_scores if not result.coherence.ranking else dict.fromkeys(result.treatments)
    rows = []
    for row in result.against().iter_rows(named=True):
        shown = {
            name: None if row[name] is None else show(row[name])
            for name in ("effect", "ci_low", "ci_high", "pi_low", "pi_high")
        }
        rows.append(
            {"treatment": row["treat1"]}
            | shown
            | {"share_direct": row["proportion_direct"], "p_score": score[row["treat1"]]}
        )
    place = {name: number for number, name in enumerate(result.order)}
    rows.sort(key=lambda row: place[row["treatment"]])
    return pl.DataFrame(rows, infer_schema_length=None)


@unchecked
def network_forest(result: NetworkResult, *, narrow: bool = False) -> alt.TopLevelMixin:
    """Squares are estimates, thick lines their intervals, thin dashed lines the effect in a new study.

    Args:
        result: of the network.
        narrow: whether treatments stand above their intervals, for a telephone, and not beside them.
    """
    table = forest_table(result)
    measure = result.network.measure
    order = table["treatment"].to_list()
    rows = alt.Chart(alt.Data(values=table.to_dicts()))
    beside = alt.Y("treatment:N", sort=order, title=None)
    below = alt.Y("treatment:N", sort=order, title=None, axis=None, bandPosition=0.7)
    base = rows.encode(y=below if narrow else beside)
    kind = (
        alt.Scale(type="log", nice=False)
        if measure in RATIOS
        else alt.Scale(nice=False, zero=False)
    )
    word = f"{scale_text(measure)} against {result.reference} ({100 * result.level:g}% interval)"
    x = alt.X("ci_low:Q", scale=kind, title=word, axis=alt.Axis(grid=False, tickCount=6))
    null = alt.Chart(alt.Data(values=[{"null": display(measure)(0.0)}]))
    layers = [
        null.mark_rule(color=GREY).encode(x="null:Q"),
        base.mark_rule(color=GREEN, strokeDash=[4, 3]).encode(
            x=alt.X("pi_low:Q", scale=kind), x2="pi_high:Q"
        ),
        base.mark_rule(color=INK, strokeWidth=3).encode(x=x, x2="ci_high:Q"),
        base.mark_square(color=INK, opacity=1, size=70).encode(x="effect:Q"),
    ]
    if not narrow:
        return alt.layer(*layers).properties(height=24 * len(order), width=480, padding=ROOM)
    above = alt.Y("treatment:N", sort=order, title=None, axis=None, bandPosition=0.25)
    name = rows.mark_text(align="left", fontSize=12, color=INK).encode(
        x=alt.value(0), y=above, text="treatment:N"
    )
    return alt.layer(*layers, name).properties(height=36 * len(order), width=NARROW)


def split_table(result: NetworkResult) -> pl.DataFrame:
    """Direct, indirect and network estimates of comparisons that have both, on the scale a reader knows.

    Of a large network the `MOST_SPLITS` comparisons with the least agreement are shown.
    """
    show, half = display(result.network.measure), result.half_width
    rows = []
    place = {name: index for index, name in enumerate(result.treatments)}
    for row in net_split(result).sort("p").head(MOST_SPLITS).iter_rows(named=True):
        i, j = place[row["treat1"]], place[row["treat2"]]
        overall = float(result.estimates.effect[i, j]), float(result.estimates.se[i, j])
        for kind, effect, se in (
            ("direct", row["direct"], row["direct_se"]),
            ("indirect", row["indirect"], row["indirect_se"]),
            ("network", *overall),
        ):
            rows.append(
                {
                    "comparison": f"{row['treat1']} against {row['treat2']}",
                    "evidence": kind,
                    "effect": show(effect),
                    "low": show(effect - half * se),
                    "high": show(effect + half * se),
                    "p_of_difference": row["p"],
                }
            )
    return pl.DataFrame(rows, infer_schema_length=None)


@unchecked
def split_chart(result: NetworkResult) -> alt.TopLevelMixin:
    """Direct against indirect evidence, one panel of lines a comparison."""
    table = split_table(result)
    measure = result.network.measure
    kind = (
        alt.Scale(type="log", nice=False)
        if measure in RATIOS
        else alt.Scale(nice=False, zero=False)
    )
    base = alt.Chart(alt.Data(values=table.to_dicts())).encode(
        y=alt.Y(
            "comparison:N",
            title=None,
            sort=table["comparison"].unique(maintain_order=True).to_list(),
        ),
        yOffset=alt.YOffset("evidence:N", sort=["direct", "indirect", "network"]),
        color=alt.Color(
            "evidence:N",
            title="Evidence",
            scale=alt.Scale(
                domain=["direct", "indirect", "network"], range=["#0b5fa5", "#d55e00", INK]
            ),
        ),
    )
    x = alt.X(
        "low:Q", scale=kind, title=f"{scale_text(measure)} ({100 * result.level:g}% interval)"
    )
    layers = [
        base.mark_rule(strokeWidth=2).encode(x=x, x2="high:Q"),
        base.mark_circle(size=45, opacity=1).encode(x="effect:Q"),
    ]
    return alt.layer(*layers).properties(height=14 * len(table), width=420, padding=ROOM)
