"""Data rows of RevMan Web: one row a study with columns for every kind of data, of which one kind is filled in."""

import polars as pl

from speciosa.errors import EvidenceError, Fault
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
    columns: dict[str, list[str | None]] = {"study": _cells(table, known, "study")}
    for ours, pair in _ARMS.items():
        for group, theirs in zip(("t", "c"), pair, strict=True):
            columns[f"{ours}_{group}"] = _cells(table, known, folded(theirs))
    filled = {
        name: any(cell not in (None, "0") for cell in cells) for name, cells in columns.items()
    }
    kept = {name: cells for name, cells in columns.items() if filled.get(name)}
    if filled["events_t"] or filled["events_c"]:
        kept |= {name: columns[name] for name in ("events_t", "events_c")}
    effect, se = _cells(table, known, "giv_mean"), _cells(table, known, "giv_se")
    observed, variance = _cells(table, known, "o-e"), _cells(table, known, "variance")
    notes = ["Read as data rows of RevMan Web."]
    if any(cell not in (None, "0") for cell in se):
        kept |= {"yi": effect, "sei": se}
        notes.append("GIV Mean and GIV SE are on the analysis scale (logarithms for ratios).")
    elif any(cell not in (None, "0") for cell in variance):
        kept |= _petos(observed, variance)
        notes.append(_PETO)
    for extra in ("subgroup", "study_year", "applicability"):
        if extra in known:
            kept["year" if extra == "study_year" else extra] = _cells(table, known, extra)
    return pl.DataFrame({n: pl.Series(n, c, pl.String) for n, c in kept.items()}), tuple(notes)


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
