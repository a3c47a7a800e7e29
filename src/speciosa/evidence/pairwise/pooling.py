"""`meta_analysis`: from the studies of one comparison to their pooled effect."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
from scipy.special import chdtrc

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.effect_sizes import Bools, effect_sizes
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.effects.tables import mantel_haenszel, peto
from speciosa.evidence.pairwise.design import design_of
from speciosa.evidence.pairwise.fit import Fit, fit
from speciosa.evidence.pairwise.read import Studies, read_studies
from speciosa.evidence.pairwise.result import PairwiseMetaAnalysis
from speciosa.evidence.pairwise.tau2 import method_code


def meta_analysis(
    source: Any,
    *,
    measure: str = "GEN",
    method: str = "REML",
    test: str | None = None,
    moderators: Sequence[str] = (),
    level: float = 0.95,
    add: float | None = None,
    to: str = "only0",
    drop_double_zero: bool = False,
    prediction_df: float | None = None,
) -> PairwiseMetaAnalysis:
    """Pools the studies of one comparison.

    Args:
        source: a path (CSV, TSV, Parquet), a Polars or pandas frame, or columns by name.
        measure: RR, OR, RD, MD, SMD, ROM, IRR, PLO, ... (`measures.MEASURES`); GEN takes ``effect``
            and ``se`` as they are.
        method: EE (common effect), DL, REML, ML, PM, EB, SJ, HS, HE; MH or PETO for tables.
        test: ``z``, ``t``, ``knapp-hartung`` or ``knapp-hartung-floor``; None is Knapp-Hartung for
            random effects and z for EE, MH and PETO.
        moderators: columns of a meta-regression.
        level: of the intervals.
        add: what is added to the cells of a study with a zero cell, None for the measure's default.
        to: which studies it is added to, as in `effect_sizes`.
        drop_double_zero: leaves out studies without events in both groups.
        prediction_df: degrees of freedom of the prediction interval, None for those of the test.

    Raises:
        EvidenceError: with every fault of the studies.
        UnknownNameError: no such measure, method or test.

    Example:
        >>> found = meta_analysis(
        ...     {"study": ["A", "B", "C"], "effect": [0.1, 0.3, 0.2], "se": [0.1, 0.1, 0.1]}, test="z"
        ... )
        >>> round(found.estimate, 3), round(found.ci_low, 3), found.tau2
        (0.2, 0.087, 0.0)
    """
    if not 0 < level < 1:
        raise EvidenceError(Fault("level", "a level between 0 and 1", f"{level:g}"))
    studies = read_studies(source, measure)
    pooled_by_table = method.strip().upper() in ("MH", "PETO")
    code = method.strip().upper() if pooled_by_table else method
    values, variances, adjusted = _effects(studies, add, to, drop_double_zero)
    design = design_of(studies.table, moderators)
    usable = np.isfinite(values) & np.isfinite(variances) & (variances > 0) & design.complete
    amount = studies.measure.adds if add is None else add
    notes = _notes(studies, adjusted & usable, usable, design.complete, amount)
    if not usable.any():
        raise EvidenceError(
            Fault(f"study {n!r}", "an effect with a variance above 0", "none")
            for n in studies.labels
        )
    if pooled_by_table:
        if moderators:
            raise EvidenceError(Fault("moderators", f"none with {code}", ", ".join(moderators)))
        fitted, values, variances = _pool_tables(studies, code, level)
        usable = np.ones(len(values), bool)
        notes = _notes(studies, adjusted, usable, usable, amount, alone=True)
    else:
        fitted = fit(
            values[usable],
            variances[usable],
            design.matrix[usable],
            method=code,
            test=test or ("z" if method_code(method) == "EE" else "knapp-hartung"),
            level=level,
        )
        notes += _without_width(fitted, variances[usable])
    return PairwiseMetaAnalysis(
        measure=studies.measure,
        labels=tuple(n for n, u in zip(studies.labels, usable, strict=True) if u),
        values=values[usable],
        variances=variances[usable],
        fit=fitted,
        design=design.matrix[usable],
        names=design.names,
        studies=_select(studies, usable),
        adjusted=adjusted[usable],
        notes=notes,
        prediction_df=prediction_df,
    )


def _effects(
    studies: Studies, add: float | None, to: str, drop_double_zero: bool
) -> tuple[Floats, Floats, Bools]:
    """Effects from the figures where these are complete, else as the study states them."""
    k = len(studies.labels)
    values, variances = studies.given["effect"].copy(), studies.given["se"] ** 2
    adjusted = np.zeros(k, bool)
    if studies.measure.data == "given":
        return values, variances, adjusted
    complete = np.all([np.isfinite(v) for v in studies.raw.values()], axis=0)
    columns = {name: v[complete] for name, v in studies.raw.items()}
    if complete.any():
        found = effect_sizes(
            studies.measure.code, columns, add=add, to=to, drop_double_zero=drop_double_zero
        )
        values[complete], variances[complete] = found.values, found.variances
        adjusted[complete] = found.adjusted
    return values, variances, adjusted


def _pool_tables(studies: Studies, method: str, level: float) -> tuple[Fit, Floats, Floats]:
    """Mantel-Haenszel or Peto; Q measures the studies' own effects against the pooled one."""
    lacking = [
        name
        for i, name in enumerate(studies.labels)
        if not all(np.isfinite(v[i]) for v in studies.raw.values())
    ]
    if lacking or studies.measure.data not in ("events", "person_time"):
        raise EvidenceError(
            Fault(f"study {name!r}", f"counts for {method}", "none")
            for name in lacking or studies.labels
        )
    if method == "PETO":
        if studies.measure.code not in ("OR", "PETO"):
            raise EvidenceError(Fault("measure", "OR or PETO with PETO", studies.measure.code))
        estimate, se = peto(studies.raw)
    else:
        estimate, se = mantel_haenszel(studies.measure.code, studies.raw)
    own = effect_sizes("PETO" if method == "PETO" else studies.measure.code, studies.raw)
    # Peto's own effects are defined with a zero cell, so that nothing is added for its Q.
    add = 0.0 if method == "PETO" else None
    stated = effect_sizes(own.measure, studies.raw, add=add, drop_double_zero=True)
    usable = np.isfinite(stated.values) & (stated.variances > 0)
    Q = float(((stated.values - estimate)[usable] ** 2 / stated.variances[usable]).sum())
    df = max(int(usable.sum()) - 1, 0)
    fitted = Fit(
        method=method,
        test="z",
        level=level,
        k=len(studies.labels),
        p=1,
        beta=np.array([estimate]),
        covariance=np.array([[se**2]]),
        tau2=0.0,
        tau2_se=None,
        I2=100 * max(0.0, (Q - df) / Q) if Q > 0 else 0.0,
        H2=Q / df if df else 1.0,
        Q=Q,
        Q_df=df,
        Q_p=float(chdtrc(df, Q)) if df else 1.0,
        df=np.inf,
        log_likelihood=np.nan,
        weights=100 * (1 / own.variances) / (1 / own.variances).sum(),
    )
    return fitted, own.values, own.variances


def _notes(
    studies: Studies,
    adjusted: Bools,
    usable: Bools,
    complete: Bools,
    amount: float,
    alone: bool = False,
) -> tuple[str, ...]:
    """Sentences on zero cells and on studies left out, by name; `alone` where only single effects have the addition."""

    def names(where: Bools) -> str:
        return ", ".join(n for n, w in zip(studies.labels, where, strict=True) if w)

    notes = [f"Left out: {name} ({reason})." for name, reason in studies.left_out]
    if (~complete).any():
        notes.append(f"Left out, no value of a moderator: {names(~complete)}.")
    undefined = ~usable & complete
    if undefined.any():
        notes.append(f"Left out, {studies.measure.code} undefined: {names(undefined)}.")
    if adjusted.any():
        where = "each cell where a cell is zero"
        if alone:
            where = "the cells of single studies with a zero cell, not to those that are pooled"
        notes.append(f"{amount:g} added to {where}: {names(adjusted)}.")
    if (usable & complete).sum() == 1:
        notes.append(
            "One study: nothing is pooled, its interval is normal, and heterogeneity is unknown."
        )
    return tuple(notes)


def _without_width(fitted: Fit, variances: Floats) -> tuple[str, ...]:
    """Knapp-Hartung scales by how much the studies differ, which may be not at all."""
    least = float((1 / variances).sum() ** -0.5)
    if fitted.test != "knapp-hartung" or fitted.se[0] > 1e-7 * least:
        return ()
    return (
        "The studies agree exactly, so that the Knapp-Hartung interval has no width;"
        " --test z or knapp-hartung-floor gives one.",
    )


def _select(studies: Studies, keep: Bools) -> Studies:
    return Studies(
        studies.measure,
        tuple(n for n, k in zip(studies.labels, keep, strict=True) if k),
        {c: v[keep] for c, v in studies.raw.items()},
        {c: v[keep] for c, v in studies.given.items()},
        studies.table.filter(pl.Series(keep)),
        studies.left_out,
    )
