"""What a reader of a pooled effect must know: studies left out, zero cells, narrow intervals, rare events."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import ndtri

from speciosa.errors import EvidenceError
from speciosa.evidence.effects.effect_sizes import PLAIN, Bools
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.effects.tables import FEW, mantel_haenszel, peto
from speciosa.evidence.pairwise.fit import Fit
from speciosa.evidence.pairwise.read import Studies

UNINFORMATIVE = (
    "No event, or nothing but events, in both groups: no ratio can be estimated; --measure RD."
)
# A share of the normal width below which an interval has none.
EXACT = 1e-7
ONE_STUDY = "One study: nothing is pooled, its interval is normal, and heterogeneity is unknown."


def left_out(studies: Studies, usable: Bools, complete: Bools) -> list[str]:
    """Studies that take no part, by name and reason."""
    notes = [f"Left out: {name} ({reason})." for name, reason in studies.left_out]
    if (~complete).any():
        notes.append(f"Left out, no value of a moderator: {_names(studies, ~complete)}.")
    undefined = ~usable & complete
    same = undefined & same_extreme(studies)
    if same.any():
        notes.append(
            f"Left out, no event or nothing but events in both groups, which says nothing of a ratio:"
            f" {_names(studies, same)}."
        )
    if (undefined & ~same).any():
        notes.append(
            f"Left out, {studies.measure.code} undefined: {_names(studies, undefined & ~same)}."
        )
    return notes


def zero_cells(
    studies: Studies, adjusted: Bools, amount: float, to: str, *, alone: bool
) -> list[str]:
    """Where something was added to zero cells; `alone` where only the effects of single studies have it."""
    shown = adjusted & ~same_extreme(studies) if alone else adjusted
    if not shown.any():
        return []
    where = "each cell where a cell is zero"
    if alone:
        where = "the cells of single studies with a zero cell, not to those that are pooled"
    elif to == "variance":
        where += ", for the variance only"
    elif to in ("all", "if0all"):
        where = "each cell of every study" + (", since one is zero" if to == "if0all" else "")
    told = f"{amount:g} added to {where}: {_names(studies, shown)}."
    if studies.measure.code in PLAIN and to != "variance" and not alone:
        told += (
            f" That moves their {studies.measure.label}s, which need none: --to variance adds to the variance only, as"
            " RevMan and R's meta do."
        )
    return [told]


def narrow(fitted: Fit, variances: Floats, design: Floats) -> list[str]:
    """Where Knapp-Hartung narrows the interval: it scales by how much studies differ, which may be hardly at all."""
    share = narrowness(fitted, variances, design)
    if share >= 1:
        return []
    if share <= EXACT:
        return [
            "The studies agree exactly, so that the Knapp-Hartung interval has no width;"
            " --test z or knapp-hartung-floor gives one."
        ]
    return [
        f"The Knapp-Hartung interval is narrower than the normal one ({share:.2f} of its width), since the"
        " studies differ less than chance would have it: --test knapp-hartung-floor or z does not narrow it."
    ]


def narrowness(fitted: Fit, variances: Floats, design: Floats) -> float:
    """The width of a Knapp-Hartung interval over that of the normal one; infinite for other tests, 0 where it has none."""
    normal = float(ndtri(0.5 + fitted.level / 2))
    return scaling(fitted, variances, design) * fitted.quantile() / normal


def scaling(fitted: Fit, variances: Floats, design: Floats) -> float:
    """Knapp-Hartung's standard error over the plain one; infinite for other tests, 0 where the studies agree exactly."""
    if fitted.test != "knapp-hartung":
        return math.inf
    information = design.T @ (design / (variances + fitted.tau2)[:, None])
    share = float(fitted.se[0] / np.sqrt(np.linalg.inv(information)[0, 0]))
    return share if share > EXACT else 0.0


def narrow_groups(shares: Mapping[str, float]) -> list[str]:
    """What to say of groups whose Knapp-Hartung standard errors, by `scaling`, are below the plain ones.

    Example:
        >>> narrow_groups({"a": 0.4, "b": 1.2})[0][:62]
        'Knapp-Hartung makes the standard error smaller in a (0.40 of t'
    """
    few = {name: share for name, share in shares.items() if share < 1}
    if not few:
        return []
    told = ", ".join(f"{name} ({share:.2f} of the plain one)" for name, share in few.items())
    return [
        f"Knapp-Hartung makes the standard error smaller in {told}, since studies there differ less than chance would have"
        " it, and the test between groups takes it so: --test knapp-hartung-floor or z does not."
    ]


def twins(studies: Studies) -> list[str]:
    """Studies of different names whose counts or means are all the same: one trial entered twice, perhaps."""
    if not _counted(studies):
        return []
    seen: dict[tuple[float, ...], str] = {}
    found = []
    columns = np.stack(list(studies.raw.values()), axis=1)
    events = [studies.raw[name] for name in studies.raw if name.startswith("events")]
    for i, (name, row) in enumerate(zip(studies.labels, columns.tolist(), strict=True)):
        if events and not any(column[i] for column in events):
            continue  # trials without an event are often of one size
        if tuple(row) in seen:
            found.append(
                f"Studies '{seen[tuple(row)]}' and '{name}' hold the same numbers: one trial entered twice?"
            )
        seen.setdefault(tuple(row), name)
    return found


def rare(studies: Studies, fitted: Fit) -> list[str]:
    """What methods made for rare events say, where an addition to zero cells moves a pooled ratio or most studies have few."""
    code = studies.measure.code
    if code not in ("OR", "RR", "IRR") or fitted.p > 1 or not _counted(studies):
        return []
    events = [studies.raw["events_t"], studies.raw["events_c"]]
    none = bool((np.stack(events) == 0).any())
    few = [min(pair) < FEW for pair in zip(*events, strict=True)]
    if not none and 2 * sum(few) <= len(few):
        return []
    if not all(column.any() for column in events):
        return _one_side(studies, fitted)
    found = {}
    try:
        found["Mantel-Haenszel", "MH"] = mantel_haenszel(code, studies.raw)
        if code == "OR":
            found["Peto", "PETO"] = peto(studies.raw)
    except EvidenceError:
        return []
    said = [_ratio(fitted, *values, *how) for how, values in found.items()]
    exact = "; --method EXACT or GLMM takes the exact likelihood" if code != "RR" else ""
    why = "a group without any takes an addition to its cells, which moves the pooled effect. Without addition:"
    if not none:
        why = f"most studies have fewer than {FEW} in a group, too few for a normal logarithm. Made for that:"
    return [f"Rare events: {why} {', '.join(said)}{exact}."]


def _one_side(studies: Studies, fitted: Fit) -> list[str]:
    """What to say where all events are in one group: no ratio can be estimated from them."""
    peto_said = ""
    if studies.measure.code == "OR":
        found = _ratio(fitted, *peto(studies.raw), "Peto's odds ratio", "PETO")
        peto_said = f" Without addition: {found}."
    return [
        "No event in one group of all studies: the ratio has no estimate, and what is pooled rests on the addition to the"
        f" cells.{peto_said} Differences of risks (--measure RD, or IRD) can be estimated."
    ]


def _ratio(fitted: Fit, x: float, se: float, name: str, option: str) -> str:
    z = float(ndtri(0.5 + fitted.level / 2))
    low, high = math.exp(x - z * se), math.exp(x + z * se)
    return f"{name} {math.exp(x):.3g} ({low:.3g} to {high:.3g}; --method {option})"


def _counted(studies: Studies) -> bool:
    return bool(studies.raw) and all(np.isfinite(v).all() for v in studies.raw.values())


def same_extreme(studies: Studies) -> Bools:
    """Studies without events, or with nothing but events, in both groups; only ratios are said nothing of."""
    none = np.zeros(len(studies.labels), bool)
    if studies.measure.scale != "log" or "events_t" not in studies.raw:
        return none
    a, c = studies.raw["events_t"], studies.raw["events_c"]
    full = (a == studies.raw["n_t"]) & (c == studies.raw["n_c"]) if "n_t" in studies.raw else none
    return np.asarray(((a == 0) & (c == 0)) | full)


def _names(studies: Studies, where: Bools | Sequence[bool]) -> str:
    return ", ".join(n for n, w in zip(studies.labels, where, strict=True) if w)
