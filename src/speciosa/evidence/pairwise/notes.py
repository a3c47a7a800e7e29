"""What a reader of a pooled effect must know: studies left out, zero cells, narrow intervals, rare events."""

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri

from speciosa.errors import EvidenceError
from speciosa.evidence.effects.effect_sizes import Bools
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.effects.tables import mantel_haenszel, peto
from speciosa.evidence.pairwise.fit import Fit
from speciosa.evidence.pairwise.read import Studies

ONE_STUDY = "One study: nothing is pooled, its interval is normal, and heterogeneity is unknown."


def left_out(studies: Studies, usable: Bools, complete: Bools) -> list[str]:
    """Studies that take no part, by name and reason."""
    notes = [f"Left out: {name} ({reason})." for name, reason in studies.left_out]
    if (~complete).any():
        notes.append(f"Left out, no value of a moderator: {_names(studies, ~complete)}.")
    undefined = ~usable & complete
    same = undefined & _same_extreme(studies)
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


def zero_cells(studies: Studies, adjusted: Bools, amount: float, alone: bool) -> list[str]:
    """Where something was added to zero cells; `alone` where only the effects of single studies have it."""
    shown = adjusted & ~_same_extreme(studies) if alone else adjusted
    if not shown.any():
        return []
    where = "each cell where a cell is zero"
    if alone:
        where = "the cells of single studies with a zero cell, not to those that are pooled"
    return [f"{amount:g} added to {where}: {_names(studies, shown)}."]


def narrow(fitted: Fit, variances: Floats, design: Floats) -> list[str]:
    """Where Knapp-Hartung narrows the interval: it scales by how much studies differ, which may be hardly at all."""
    if fitted.test != "knapp-hartung":
        return []
    information = design.T @ (design / (variances + fitted.tau2)[:, None])
    plain = float(np.sqrt(np.linalg.inv(information)[0, 0]))
    if fitted.se[0] <= 1e-7 * plain:
        return [
            "The studies agree exactly, so that the Knapp-Hartung interval has no width;"
            " --test z or knapp-hartung-floor gives one."
        ]
    half, normal = fitted.quantile() * fitted.se[0], float(ndtri(0.5 + fitted.level / 2)) * plain
    if half >= normal:
        return []
    return [
        f"The Knapp-Hartung interval is narrower than the normal one ({half / normal:.2f} of its width), since the"
        " studies differ less than chance would have it: --test knapp-hartung-floor or z does not narrow it."
    ]


def rare(studies: Studies, fitted: Fit) -> list[str]:
    """What methods made for rare events say, where an addition to zero cells moves a pooled ratio."""
    code = studies.measure.code
    if code not in ("OR", "RR", "IRR") or fitted.p > 1 or not _counted(studies):
        return []
    events = [studies.raw["events_t"], studies.raw["events_c"]]
    if not (np.stack(events) == 0).any():
        return []
    found = {}
    try:
        found["Mantel-Haenszel", "MH"] = mantel_haenszel(code, studies.raw)
        if code == "OR":
            found["Peto", "PETO"] = peto(studies.raw)
    except EvidenceError:
        return []
    z = float(ndtri(0.5 + fitted.level / 2))
    said = [
        f"{name} {math.exp(x):.3g} ({math.exp(x - z * se):.3g} to {math.exp(x + z * se):.3g}; --method {option})"
        for (name, option), (x, se) in found.items()
    ]
    exact = "; --method EXACT or GLMM takes the exact likelihood" if code != "RR" else ""
    return [
        "Rare events: a group without any takes an addition to its cells, which moves the pooled effect. Without"
        f" addition: {', '.join(said)}{exact}."
    ]


def _counted(studies: Studies) -> bool:
    return bool(studies.raw) and all(np.isfinite(v).all() for v in studies.raw.values())


def _same_extreme(studies: Studies) -> Bools:
    """Studies without events, or with nothing but events, in both groups; only ratios are said nothing of."""
    none = np.zeros(len(studies.labels), bool)
    if studies.measure.scale != "log" or "events_t" not in studies.raw:
        return none
    a, c = studies.raw["events_t"], studies.raw["events_c"]
    full = (a == studies.raw["n_t"]) & (c == studies.raw["n_c"]) if "n_t" in studies.raw else none
    return np.asarray(((a == 0) & (c == 0)) | full)


def _names(studies: Studies, where: Bools | Sequence[bool]) -> str:
    return ", ".join(n for n, w in zip(studies.labels, where, strict=True) if w)
