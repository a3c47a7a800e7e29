"""Tables with one row a trial, or one row a pair of arms, and the arms side by side: `treat1, event1, n1, treat2, ...`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from speciosa.evidence.table.columns import MISSING
from speciosa.evidence.table.dependence import design_columns
from speciosa.evidence.table.names import folded

# What a name with a number at its end stands for, by the name without it.
STEMS = {
    "treat": "treatment",
    "treatment": "treatment",
    "trt": "treatment",
    "t": "treatment",
    "event": "events",
    "events": "events",
    "r": "events",
    "n": "n",
    "mean": "mean",
    "y": "mean",
    "sd": "sd",
    "se": "se",
    "time": "time",
    "e": "time",
    "var": "variance",
    "v": "variance",
}


def arms_of(records: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """One record an arm from records with numbered columns; nothing where the columns are not numbered.

    A place without a treatment is an arm that the trial does not have. An arm that recurs unchanged, as in tables with a
    row for every pair of arms, is kept once.

    Example:
        >>> wide = {"study": "A", "treat1": "x", "event1": 8, "n1": 20, "treat2": "p", "event2": 4, "n2": 20}
        >>> arms_of([wide])[1]
        {'study': 'A', 'treatment': 'p', 'events': 4, 'n': 20}
    """
    places: dict[str, dict[str, str]] = {}
    study = ""
    for name in records[0]:
        # BUGS writes r[,1] for the first arm's events.
        plain = re.sub(r"[\[\],]", "", folded(name))
        found = re.fullmatch(r"([a-z]+)_?(\d)", plain)
        if found and found[1] in STEMS:
            places.setdefault(found[2], {}).setdefault(STEMS[found[1]], name)
        elif plain in _STUDIES and (not study or plain in ("study", "studyc")):
            study = name
    kept = design_columns(records[0])
    complete = [one for one in places.values() if "treatment" in one and len(one) > 1]
    based = [one for one in places.values() if set(one) == {"treatment"}]
    if len(based) == 1 and complete and all({"mean"} < set(one) for one in complete):
        return _from_baseline(records, study, based[0]["treatment"], complete)
    if len(complete) < 2:
        return []
    arms: list[dict[str, Any]] = []
    for number, record in enumerate(records, 1):
        for columns in complete:
            arm = {"study": record[study] if study else f"study {number}"} | {
                ours: record[name] for ours, name in columns.items()
            }
            arm |= {name: record[name] for name in kept}
            if _present(arm["treatment"]) and arm not in arms:
                arms.append(arm)
    return arms


_STUDIES = ("study", "studyc", "studlab", "trial", "id", "studyn")


def _from_baseline(
    records: Sequence[Mapping[str, Any]],
    study: str,
    baseline: str,
    others: Sequence[Mapping[str, str]],
) -> list[dict[str, Any]]:
    """Arms whose first is the baseline of differences ``y2, Var2, y3, Var3``, with the baseline's variance in ``V``."""
    shared = next(
        (name for name in records[0] if folded(name).removesuffix("[]") in ("v", "vb")), None
    )
    arms: list[dict[str, Any]] = []
    for number, record in enumerate(records, 1):
        label = record[study] if study else f"study {number}"
        own = record[shared] if shared is not None else None
        arms.append({"study": label, "treatment": record[baseline], "diff": None, "se": _root(own)})
        for columns in others:
            if not _present(record[columns["treatment"]]):
                continue
            error = record[columns["se"]] if "se" in columns else _root(record[columns["variance"]])
            found = {"treatment": record[columns["treatment"]], "diff": record[columns["mean"]]}
            arms.append({"study": label} | found | {"se": error})
    return arms


def _root(cell: Any) -> Any:
    """The root of a variance; a cell that is none stays as it is, to be refused."""
    if not _present(cell):
        return None
    try:
        return float(cell) ** 0.5 if float(cell) > 0 else cell
    except ValueError:
        return cell


def _present(cell: Any) -> bool:
    return cell is not None and str(cell).strip().casefold() not in MISSING
