"""Analysis data that RevMan 5 exports as CSV: rows of comparisons, outcomes, subgroups and studies in one table."""

import math

import polars as pl

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.table.columns import MISSING
from speciosa.evidence.table.names import folded

_MARKS = ("comparison_number", "outcome_number", "subgroup_number", "data_type", "events_1")
_COUNTS = {"events_t": "events_1", "n_t": "total_1", "events_c": "events_2", "n_c": "total_2"}
_MEANS = {
    **{"mean_t": "mean_1", "sd_t": "sd_1", "n_t": "total_1"},
    **{"mean_c": "mean_2", "sd_c": "sd_2", "n_c": "total_2"},
}
_RATIOS = (
    "OR",
    "RR",
    "HR",
    "IRR",
    "PETO_OR",
    "RATE RATIO",
    "HAZARD RATIO",
    "ODDS RATIO",
    "RISK RATIO",
)

Cells = dict[str, list[str]]


def from_revman5(table: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The studies of one outcome in our columns; any other table comes back as it is.

    Dichotomous and continuous outcomes come by group, inverse variances as an effect with its standard error, which RevMan
    keeps on the logarithmic scale for ratios beside an estimate that is not.

    Raises:
        EvidenceError: several outcomes, which must not be pooled together.
    """
    known = {folded(name): name for name in table.columns}
    if not all(name in known for name in _MARKS):
        return table, ()
    cells: Cells = {
        name: [_text(cell) for cell in table[column].to_list()] for name, column in known.items()
    }
    _one_outcome(cells)
    of_outcome = next((row for row in range(len(table)) if cells["data_type"][row]), None)
    totals = [cells.get(name, [""] * len(table)) for name in ("data_type", "q", "df")]
    studies = [
        row
        for row in range(len(table))
        if cells["outcome_number"][row] not in ("", "0") and not any(one[row] for one in totals)
    ]
    kind = cells["data_type"][of_outcome] if of_outcome is not None else _kind(cells, studies)
    measure = cells["effect_measure"][of_outcome] if of_outcome is not None else ""
    columns = {"CON": _MEANS, "DIC": _COUNTS}.get(kind, {})
    kept = {"study": [cells["name"][row] for row in studies]}
    kept |= {ours: [cells[theirs][row] for row in studies] for ours, theirs in columns.items()}
    if not columns:
        kept |= _effects(cells, studies, measure)
    if "year_of_study" in cells:
        kept["year"] = [cells["year_of_study"][row] for row in studies]
    notes = ["Read as data of RevMan 5."]
    if of_outcome is not None:
        shown = ", ".join(
            cells[name][of_outcome]
            for name in ("statistical_method", "effect_measure", "analysis_model")
        )
        notes = [f"Read as data of RevMan 5: {cells['name'][of_outcome]} (there by {shown})."]
    found = {n: pl.Series(n, [c or None for c in column], pl.String) for n, column in kept.items()}
    return pl.DataFrame(found), tuple(notes)


def _one_outcome(cells: Cells) -> None:
    pairs = zip(cells["comparison_number"], cells["outcome_number"], strict=True)
    outcomes = list(dict.fromkeys(pair for pair in pairs if pair[1] not in ("", "0")))
    if len(outcomes) > 1:
        one, other = outcomes[0]
        fix = f"Choose one: --rows 'Comparison Number={one},Outcome Number={other}'."
        listed = ", ".join(".".join(pair) for pair in outcomes)
        raise EvidenceError(Fault("data of RevMan 5", "one outcome", listed, fix))


def _kind(cells: Cells, studies: list[int]) -> str:
    """The kind of data where the row of the outcome is missing: what the studies have filled in."""
    filled = {
        name: any(cells[name][row] not in ("", "0") for row in studies)
        for name in ("mean_1", "sd_1", "total_1")
    }
    if filled["mean_1"] or filled["sd_1"]:
        return "CON"
    return "DIC" if filled["total_1"] else "IV"


def _effects(cells: Cells, studies: list[int], measure: str) -> Cells:
    """Effects on the analysis scale with their standard errors."""
    effects = [cells["effect_estimate"][row] for row in studies]
    if measure.upper() in _RATIOS:
        effects = [_log(cell) for cell in effects]
    return {"yi": effects, "sei": [cells["se"][row] for row in studies]}


def _log(cell: str) -> str:
    try:
        return repr(math.log(float(cell)))
    except ValueError:
        return cell


def _text(cell: object) -> str:
    text = "" if cell is None else str(cell).strip()
    return "" if text.casefold() in MISSING else text
