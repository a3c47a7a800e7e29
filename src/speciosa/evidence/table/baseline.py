"""Contrasts written one row an arm: differences from a baseline arm, whose own row has none.

gemtc and multinma keep relative effects so. The baseline's row holds the standard error of its arm, which is what all
contrasts of the study share: cov(d_i, d_j) = se_b^2.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.table.columns import MISSING
from speciosa.evidence.table.dependence import design_columns
from speciosa.evidence.table.names import folded, meaning

_DIFFERENCES = ("diff", "difference", "differences", "effect", "te", "yi", "y", "mean")
_ERRORS = ("std_err", "se", "se_diff", "se_diffs", "sete", "sei", "standard_error")
# BUGSnet keeps the variance of the baseline arm in a column of its own.
_BASELINES = ("var_arm1", "var_base", "v")


def contrasts_of(
    records: Sequence[Mapping[str, Any]], columns: Mapping[str, str]
) -> list[dict[str, Any]]:
    """One record a contrast; nothing where the table does not hold differences from a baseline.

    Args:
        records: rows of the table.
        columns: our names of its columns.

    Raises:
        EvidenceError: three or more arms without the standard error of the baseline.

    Example:
        >>> arms = [{"study": "A", "treatment": "p", "diff": None, "se": 0.1},
        ...         {"study": "A", "treatment": "x", "diff": 0.5, "se": 0.2}]
        >>> contrasts_of(arms, {"study": "study", "treatment": "treatment"})
        [{'study': 'A', 'treat1': 'x', 'treat2': 'p', 'effect': 0.5, 'se': 0.2}]
    """
    if not {"study", "treatment"} <= columns.keys() or "events" in columns:
        return []
    known = {folded(name): name for name in records[0]}
    effect = next((known[n] for n in _DIFFERENCES if n in known), None) or next(
        (name for name in records[0] if meaning(name).role == "effect"), None
    )
    error = next((known[n] for n in _ERRORS if n in known), None)
    if effect is None or error is None:
        return []
    variance = next((known[n] for n in _BASELINES if n in known), None)
    if variance is not None:
        records = [_with_baseline(row, effect, error, variance) for row in records]
    studies: dict[str, list[Mapping[str, Any]]] = {}
    for record in records:
        studies.setdefault(str(record[columns["study"]]), []).append(record)
    blank = {name: [_blank(row[effect]) for row in rows] for name, rows in studies.items()}
    if any(sum(marks) != 1 or len(marks) < 2 for marks in blank.values()):
        return []
    treatment, faults, found = columns["treatment"], [], []
    design = design_columns(records[0])
    for name, rows in studies.items():
        base = rows[blank[name].index(True)]
        others = [row for row in rows if row is not base]
        kept = {"study": name} | {column: base[column] for column in design}
        for row in others:
            pair = {"treat1": row[treatment], "treat2": base[treatment]}
            found.append(kept | pair | {"effect": row[effect], "se": row[error]})
        if len(others) > 1 and _blank(base[error]):
            where = f"study {name!r}, arm {str(base[treatment])!r}, {error}"
            fix = "It is what the contrasts of the study share."
            faults.append(Fault(where, "the baseline's own standard error", "nothing", fix))
        elif len(others) > 1:
            found += [
                kept | _between(one, other, base, (treatment, effect, error))
                for one, other in combinations(others, 2)
            ]
    if faults:
        raise EvidenceError(faults)
    return found


def _between(
    one: Mapping[str, Any],
    other: Mapping[str, Any],
    base: Mapping[str, Any],
    names: tuple[str, str, str],
) -> dict[str, Any]:
    """The contrast of two arms that are both stated against the baseline."""
    treatment, effect, error = names
    pair = {"treat1": one[treatment], "treat2": other[treatment]}
    try:
        difference = float(one[effect]) - float(other[effect])
        variance = float(one[error]) ** 2 + float(other[error]) ** 2 - 2 * float(base[error]) ** 2
    except (TypeError, ValueError):
        return pair | {"effect": None, "se": None}
    return pair | {"effect": difference, "se": math.sqrt(variance) if variance > 0 else 0.0}


def _with_baseline(
    row: Mapping[str, Any], effect: str, error: str, variance: str
) -> Mapping[str, Any]:
    """The row with the standard error of its arm, where it is a baseline and its variance is told."""
    if not (_blank(row[effect]) and _blank(row[error])) or _blank(row[variance]):
        return row
    try:
        value = float(row[variance])
    except (TypeError, ValueError):
        return row
    return {**row, error: math.sqrt(value)} if value > 0 else row


def _blank(cell: Any) -> bool:
    return cell is None or str(cell).strip().casefold() in MISSING
