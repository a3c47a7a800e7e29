"""Effect sizes and their sampling variances from the figures of trials.

Two conventions. Effects are treatment minus control on the analysis scale (logarithms for ratios). A study with a zero
cell gets 0.5 added to each of its cells, and no other study does; a study without events in either group is treated
the same way unless `drop_double_zero`. Measures that need no such help (arcsine, square root, phi, tetrachoric) get
none. These are the conventions of metafor, against whose numbers this file is tested.

In a trial of several arms the contrasts against one arm share that arm, so that their errors are correlated;
`study_contrasts` gives the exact covariance.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.formulas import ARMS, FORMULAS, Columns, Pair, small_sample_factor
from speciosa.evidence.effects.measures import Floats, measure

Bools = NDArray[np.bool_]
ADDING = ("only0", "if0all", "all", "none", "variance")
# Differences and shares on their own scale, which a zero cell leaves defined.
PLAIN = ("RD", "IRD", "PR", "IR")


@dataclass(frozen=True, eq=False, slots=True)
class Effects:
    """Effect sizes, shape ``(studies,)``, on the analysis scale.

    Attributes:
        measure: code of the measure.
        values: the effect sizes.
        variances: their sampling variances.
        adjusted: studies in which something was added to zero cells, as booleans.
    """

    measure: str
    values: Floats
    variances: Floats
    adjusted: Bools


def effect_sizes(
    code: str,
    columns: Mapping[str, ArrayLike],
    *,
    add: float | None = None,
    to: str = "only0",
    drop_double_zero: bool = False,
) -> Effects:
    """Effect sizes of studies with a treated and a control group, or one group.

    Args:
        code: the measure, a key of `measures.MEASURES`.
        columns: the figures by column name (`measures.COLUMNS`), each of shape ``(studies,)``.
        add: added to each cell where `to` says so; None takes the measure's default (0.5, or 0).
        to: ``only0`` (studies with a zero cell), ``if0all`` (all studies as soon as one has a zero
            cell), ``all`` or ``none``; ``variance`` adds as ``only0`` to the variance of a difference, which
            itself needs no addition (RD, IRD, PR, IR; so do RevMan and R's meta).
        drop_double_zero: leaves studies without events, or with nothing but events, in both groups
            out: their values come back as NaN.

    Returns:
        Effects on the analysis scale; NaN where the measure is not defined.

    Raises:
        EvidenceError: columns are missing or `to` is unknown.

    Example:
        >>> e = effect_sizes("RR", dict(events_t=[4.0], n_t=[123], events_c=[11], n_c=[139]))
        >>> float(e.values[0].round(6)), float(e.variances[0].round(6))
        (-0.889311, 0.325585)
    """
    what = measure(code)
    missing = [name for name in what.columns if name not in columns]
    faults = [Fault(f"column {name!r}", f"figures for {what.code}", "none") for name in missing]
    if to not in ADDING:
        faults.append(Fault("`to`", "only0, if0all, all, none or variance", to))
    elif to == "variance" and what.code not in PLAIN:
        kinds = f"only0, if0all, all or none for {what.code}"
        faults.append(Fault("`to`", kinds, "variance, which is for " + ", ".join(PLAIN)))
    if faults:
        raise EvidenceError(faults)
    data = {name: np.atleast_1d(np.asarray(columns[name], dtype=float)) for name in what.columns}
    amount = what.adds if add is None else add
    with np.errstate(all="ignore"):
        cells, adjusted, hopeless = _zero_cells(data, amount, "only0" if to == "variance" else to)
        values, variances = FORMULAS[what.code](cells)
        if to == "variance":
            values = FORMULAS[what.code](data)[0]
    broken = ~np.isfinite(values) | ~np.isfinite(variances)
    if drop_double_zero:
        broken = broken | hopeless
    return Effects(
        what.code, np.where(broken, np.nan, values), np.where(broken, np.nan, variances), adjusted
    )


def _zero_cells(
    data: dict[str, Floats], amount: float, to: str
) -> tuple[dict[str, Floats], Bools, Bools]:
    """Adds to zero cells; says where it did, and which studies have the same extreme in both groups."""
    events = [name for name in data if name.startswith("events")]
    size = len(next(iter(data.values())))
    if not events:
        return data, np.zeros(size, bool), np.zeros(size, bool)
    groups = [(name, name.replace("events", "n")) for name in events]
    never: Bools = np.zeros(size, bool)
    none: Bools = np.stack([data[e] == 0 for e, _ in groups])
    full: Bools = np.stack([data[e] == data[n] if n in data else never for e, n in groups])
    zero: Bools = np.asarray((none | full).any(axis=0))
    hopeless: Bools = np.asarray(none.all(axis=0) | full.all(axis=0))
    where: Bools = {
        "only0": zero,
        "if0all": np.full(size, zero.any()),
        "all": np.ones(size, bool),
        "none": np.zeros(size, bool),
    }[to]
    if amount == 0:
        return data, np.zeros(size, bool), hopeless
    extra = np.where(where, amount, 0.0)
    changed = dict(data)
    for e, n in groups:
        changed[e] = data[e] + extra
        if n in data:
            changed[n] = data[n] + 2 * extra
    return changed, where, hopeless


def arm_values(code: str, columns: Mapping[str, ArrayLike]) -> Pair:
    """Value and variance of each arm, where an effect is the difference of two arms.

    This holds for RR, OR, RD, AS, IRR, IRD, IRSD, MD and ROM. Contrasts against one arm then have
    the variance of that arm as their covariance.

    Args:
        code: the measure.
        columns: ``events, n``, ``events, time`` or ``mean, sd, n``, each of shape ``(arms,)``.

    Example:
        >>> value, variance = arm_values("MD", dict(mean=[1.0, 3.0], sd=[2.0, 2.0], n=[10, 20]))
        >>> variance.tolist()
        [0.4, 0.2]
    """
    single = ARMS.get(measure(code).code)
    if single is None:
        raise EvidenceError(
            Fault("measure", "a difference of arms: " + ", ".join(ARMS), measure(code).code)
        )
    data = {name: np.asarray(values, dtype=float) for name, values in columns.items()}
    with np.errstate(all="ignore"):
        return FORMULAS[single](data)


def study_contrasts(
    code: str, columns: Mapping[str, ArrayLike], *, add: float | None = None
) -> Pair:
    """Contrasts of one trial's arms against its first, with their exact covariance.

    The covariance of two contrasts is the variance of the shared arm; for the standardised mean
    difference it is 1/n + d d'/(2N) with the standard deviation pooled over all arms (Gleser and
    Olkin 2009, in The Handbook of Research Synthesis, chapter 19). Zero cells: `add` to every
    arm's cells if any arm has one.

    Args:
        code: RR, OR, RD, AS, IRR, IRD, IRSD, MD, SMD or ROM.
        columns: ``events, n``, ``events, time`` or ``mean, sd, n``, each of shape ``(arms,)``.
        add: as in `effect_sizes`.

    Returns:
        Effects, shape ``(arms - 1,)``, and their covariance, shape ``(arms - 1, arms - 1)``.

    Example:
        >>> arms = dict(events=[5.0, 8, 10], n=[50, 50, 50])
        >>> effects, covariance = study_contrasts("RD", arms)
        >>> effects.round(3).tolist(), covariance.round(5).tolist()
        ([0.06, 0.1], [[0.00449, 0.0018], [0.0018, 0.005]])
    """
    what = measure(code)
    data = {name: np.asarray(values, dtype=float) for name, values in columns.items()}
    if what.code == "SMD":
        return _smd_contrasts(data)
    if "events" in data:
        amount = what.adds if add is None else add
        zero = (data["events"] == 0) | (data["events"] == data.get("n", np.inf))
        if amount and zero.any():
            data["events"] = data["events"] + amount
            if "n" in data:
                data["n"] = data["n"] + 2 * amount
    value, variance = arm_values(what.code, data)
    effects = value[1:] - value[0]
    covariance = np.diag(variance[1:]) + variance[0]
    if what.code == "ROM":
        bias = variance / 2
        effects = effects + bias[1:] - bias[0]
    return effects, covariance


def _smd_contrasts(data: Columns) -> Pair:
    n, total = data["n"], float(data["n"].sum())
    df = total - len(n)
    pooled = np.sqrt(float(((n - 1) * data["sd"] ** 2).sum()) / df)
    g = small_sample_factor(df) * (data["mean"][1:] - data["mean"][0]) / pooled
    covariance = np.diag(1 / n[1:]) + 1 / n[0] + np.outer(g, g) / (2 * total)
    return g, covariance
