"""`meta_analysis`: from the studies of one comparison to their pooled effect."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.effect_sizes import Bools, effect_sizes
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.pairwise.by_counts import COUNT_METHODS, pool_counts
from speciosa.evidence.pairwise.design import design_of
from speciosa.evidence.pairwise.fit import fit
from speciosa.evidence.pairwise.notes import (
    ONE_STUDY,
    UNINFORMATIVE,
    left_out,
    narrow,
    rare,
    same_extreme,
    twins,
    zero_cells,
)
from speciosa.evidence.pairwise.read import Studies, read_studies
from speciosa.evidence.pairwise.result import PairwiseMetaAnalysis
from speciosa.evidence.pairwise.tau2 import method_code
from speciosa.evidence.table.dependence import within_people
from speciosa.evidence.table.reading import REVMAN, Reading


def meta_analysis(
    source: Any,
    *,
    measure: str = "GEN",
    method: str = "REML",
    test: str | None = None,
    moderators: Sequence[str] = (),
    level: float = 0.95,
    add: float | None = None,
    to: str | None = None,
    drop_double_zero: bool | None = None,
    prediction_df: float | None = None,
    reading: Reading | None = None,
    likelihood: str = "conditional",
) -> PairwiseMetaAnalysis:
    """Pools the studies of one comparison.

    Args:
        source: a path (CSV, TSV, Parquet), a Polars or pandas frame, or columns by name.
        measure: RR, OR, RD, MD, SMD, ROM, IRR, PLO, ... (`measures.MEASURES`); GEN takes ``effect``
            and ``se`` as they are.
        method: EE (common effect), DL, REML, ML, PM, EB, SJ, HS, HE; for counts MH, PETO, EXACT (common
            effect by the exact likelihood) or GLMM (the same with normal effects of studies).
        test: ``z``, ``t``, ``knapp-hartung`` or ``knapp-hartung-floor``; None is Knapp-Hartung for
            random effects and z for EE, MH and PETO.
        moderators: columns of a meta-regression.
        level: of the intervals.
        add: what is added to the cells of a study with a zero cell, None for the measure's default.
        to: which studies it is added to, as in `effect_sizes`; None is ``only0``, and what RevMan does where
            the table is one of RevMan's: ``variance`` for RD, ``none`` for PETO.
        drop_double_zero: leaves out studies without events, or with nothing but events, in both
            groups; None does so for OR and RR, of which such a study says nothing.
        prediction_df: degrees of freedom of the prediction interval, None for those of the test.
        reading: how the table is read where it does not say so itself.
        likelihood: of EXACT and GLMM: ``conditional`` on all events of each study, or ``unconditional``,
            with a level of each study's own.

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
    studies = read_studies(source, measure, reading)
    if drop_double_zero is None:
        drop_double_zero = studies.measure.code in ("OR", "RR")
    by_counts = method.strip().upper() in COUNT_METHODS
    code = method.strip().upper() if by_counts else method
    if prediction_df is not None and not prediction_df > 0:
        raise EvidenceError(Fault("prediction df", "above 0", f"{prediction_df:g}"))
    where = _added_to(studies, to)
    values, variances, adjusted = _effects(studies, add, where, drop_double_zero)
    design = design_of(studies.table, moderators)
    usable = np.isfinite(values) & np.isfinite(variances) & (variances > 0) & design.complete
    amount = studies.measure.adds if add is None else add
    if not usable.any():
        fix = UNINFORMATIVE if same_extreme(studies).all() else ""
        raise EvidenceError(
            Fault(f"study {n!r}", "an effect with a variance above 0", "none", fix)
            for n in studies.labels
        )
    if by_counts:
        if moderators:
            raise EvidenceError(Fault("moderators", f"none with {code}", ", ".join(moderators)))
        fitted, values, variances, usable = pool_counts(studies, code, level, likelihood, where)
        every = np.ones(len(values), bool)
        adjusted &= code != "PETO"
        notes = [
            *left_out(studies, usable, every),
            *zero_cells(studies, adjusted, amount, where, alone=True),
        ]
        notes += [ONE_STUDY] if len(values) == 1 else []
    else:
        notes = [
            *left_out(studies, usable, design.complete),
            *zero_cells(studies, adjusted & usable, amount, where, alone=False),
        ]
        fitted = fit(
            values[usable],
            variances[usable],
            design.matrix[usable],
            method=code,
            test=test or ("z" if method_code(method) == "EE" else "knapp-hartung"),
            level=level,
        )
        notes += [ONE_STUDY] if usable.sum() == 1 else []
        notes += narrow(fitted, variances[usable], design.matrix[usable])
        notes += rare(studies.of(usable), fitted)
    return PairwiseMetaAnalysis(
        measure=studies.measure,
        labels=tuple(n for n, u in zip(studies.labels, usable, strict=True) if u),
        values=values[usable],
        variances=variances[usable],
        fit=fitted,
        design=design.matrix[usable],
        names=design.names,
        studies=studies.of(usable),
        adjusted=adjusted[usable],
        notes=tuple([*studies.notes, *notes, *twins(studies)]),
        prediction_df=prediction_df,
        likelihood=likelihood,
    )


def _added_to(studies: Studies, asked: str | None) -> str:
    """Which studies something is added to: as asked, or as the program does whose table it is."""
    if asked is not None:
        return asked
    theirs = {"RD": "variance", "PETO": "none"} if studies.program == REVMAN else {}
    return theirs.get(studies.measure.code, "only0")


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
        values[complete] = found.values
        correlation = studies.correlation[complete]
        variances[complete] = within_people(
            studies.measure.code, columns, correlation, found.variances
        )
        adjusted[complete] = found.adjusted
    return values, variances, adjusted
