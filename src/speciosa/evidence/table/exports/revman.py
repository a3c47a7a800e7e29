"""Data rows of RevMan Web: one row a study with columns for every kind of data, of which one kind is filled in."""

import polars as pl

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.table.assessments import is_judgement
from speciosa.evidence.table.columns import MISSING
from speciosa.evidence.table.names import folded

Cells = list[str | None]
_MARKS = ("analysis_number", "experimental_n", "control_n")
_ARMS = {
    "events": ("Experimental cases", "Control cases"),
    "mean": ("Experimental mean", "Control mean"),
    "sd": ("Experimental SD", "Control SD"),
    "n": ("Experimental N", "Control N"),
}


def from_revman(table: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """The rows of one analysis in our columns; any other table comes back as it is.

    Counts and means come by group. Where only a generic inverse variance (``GIV Mean``, ``GIV SE``, logarithms for
    ratios) or observed minus expected events with their variance (``O-E``, ``Variance``) are filled in, the effect
    is that, or (O - E)/V with standard error 1/sqrt(V) (Yusuf 1985).

    Raises:
        EvidenceError: rows of several analyses, which must not be pooled together.
    """
    known = {folded(name): name for name in table.columns}
    if not all(name in known for name in _MARKS):
        return _observed_minus_expected(table, known)
    _one_analysis(table, known)
    columns: dict[str, Cells] = {"study": _cells(table, known, "study")}
    for ours, pair in _ARMS.items():
        for group, theirs in zip(("t", "c"), pair, strict=True):
            columns[f"{ours}_{group}"] = _cells(table, known, folded(theirs))
    notes = ["Read as data rows of RevMan Web."]
    kind = _kind(table, known, columns)
    kept = {"study": columns["study"]}
    if kind in ("events", "mean"):
        kept |= {name: columns[name] for name in _FIGURES[kind]}
        positive = ("n_t", "n_c", *(name for name in kept if name.startswith("sd")))
        kept |= {name: _above_zero(columns[name]) for name in positive}
    elif kind == "effect":
        kept |= {"yi": _cells(table, known, "giv_mean")}
        kept |= {"sei": _above_zero(_cells(table, known, "giv_se"))}
        notes.append("GIV Mean and GIV SE are on the analysis scale (logarithms for ratios).")
    else:
        variance = _above_zero(_cells(table, known, "variance"))
        kept |= _petos(_cells(table, known, "o-e"), variance)
        notes.append(_PETO)
    for extra in ("subgroup", "study_year", "applicability"):
        if extra in known:
            kept["year" if extra == "study_year" else extra] = _cells(table, known, extra)
    kept |= {known[name]: _cells(table, known, name) for name in known if is_judgement(name)}
    return pl.DataFrame({n: pl.Series(n, c, pl.String) for n, c in kept.items()}), tuple(notes)


_FIGURES = {"events": ("events_t", "events_c"), "mean": ("mean_t", "mean_c", "sd_t", "sd_c")}


def _kind(table: pl.DataFrame, known: dict[str, str], columns: dict[str, Cells]) -> str:
    """The kind of data: ``events``, ``mean``, ``effect`` (generic inverse variance) or ``o-e``.

    Exports of whole reviews fill in the standard error and the variance for counts and means too, beside a ``GIV Mean`` and an
    ``O-E`` of 0, which are then none.
    """
    if _some(columns["sd_t"]) or _some(columns["sd_c"]):
        return "mean"
    if _some(_cells(table, known, "o-e")):
        return "o-e"
    counted = _some(columns["events_t"]) or _some(columns["events_c"])
    if not counted and (
        _some(_cells(table, known, "giv_mean"))
        or (_some(_cells(table, known, "mean")) and _some(_cells(table, known, "giv_se")))
    ):
        return "effect"
    if counted or _some(columns["n_t"]):
        return "events"
    return "effect" if _some(_cells(table, known, "giv_se")) else "o-e"


def _some(cells: Cells) -> bool:
    """Whether any cell holds a figure other than 0."""
    return any(cell is not None and cell.strip("-0.") != "" for cell in cells)


def _above_zero(cells: Cells) -> Cells:
    """People and errors: a 0 is what an empty row holds."""
    return [cell if cell is not None and cell.strip("0.") else None for cell in cells]


_PETO = "Effects are (O - E)/V, Peto's log odds or hazard ratio."


def _petos(observed: Cells, variance: Cells) -> dict[str, Cells]:
    """Effects and standard errors from observed minus expected events; what is no number stays as it is, to be refused."""
    effects: Cells = []
    errors: Cells = []
    for o, v in zip(observed, variance, strict=True):
        try:
            ratio, error = float(o or "nan") / float(v or "nan"), float(v or "nan") ** -0.5
        except (ValueError, ZeroDivisionError):
            effects.append(o)
            errors.append(v)
            continue
        usable = ratio == ratio and isinstance(error, float)
        effects.append(repr(ratio) if usable else None)
        errors.append(repr(error) if usable else None)
    return {"yi": effects, "sei": errors}


def _observed_minus_expected(
    table: pl.DataFrame, known: dict[str, str]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Any table with observed minus expected events and their variance, in Peto's effects."""
    events = next((n for n in ("o-e", "o_-_e", "ome", "o_minus_e", "o_e") if n in known), None)
    variance = next((n for n in ("v", "variance", "var") if n in known), None)
    if events is None or variance is None or {"effect", "yi", "te"} & known.keys():
        return table, ()
    found = _petos(_cells(table, known, events), _cells(table, known, variance))
    rest = table.drop(known[events], known[variance])
    return rest.with_columns(*(pl.Series(n, c, pl.String) for n, c in found.items())), (_PETO,)


def _one_analysis(table: pl.DataFrame, known: dict[str, str]) -> None:
    groups = _cells(table, known, "analysis_group")
    numbers = _cells(table, known, "analysis_number")
    found = list(dict.fromkeys(zip(groups, numbers, strict=True)))
    if len(found) > 1:
        group, number = found[0]
        fix = f"Choose one: --rows 'Analysis group={group},Analysis number={number}'."
        listed = ", ".join(f"{g}.{n}" for g, n in found)
        raise EvidenceError(Fault("data rows of RevMan", "one analysis", listed, fix))


def _cells(table: pl.DataFrame, known: dict[str, str], name: str) -> list[str | None]:
    """Cells of a column as text, None where nothing stands."""
    if name not in known:
        return [None] * len(table)
    texts = ["" if cell is None else str(cell).strip() for cell in table[known[name]].to_list()]
    return [None if text.casefold() in MISSING else text for text in texts]
