"""Pooling the counts of studies themselves: Mantel-Haenszel, Peto, and the exact likelihood with and without heterogeneity."""

import numpy as np
from scipy.special import chdtrc

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.effects.effect_sizes import Bools, effect_sizes
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.effects.tables import mantel_haenszel, peto, table_weights
from speciosa.evidence.pairwise.fit import Fit, inconsistency
from speciosa.evidence.pairwise.glmm import MEASURES, count_model
from speciosa.evidence.pairwise.read import Studies

COUNT_METHODS = ("MH", "PETO", "EXACT", "GLMM")


def pool_counts(
    studies: Studies, method: str, level: float, likelihood: str, to: str = "only0"
) -> tuple[Fit, Floats, Floats, Bools]:
    """The fit, the studies' own effects with their variances, and which studies take part.

    Raises:
        EvidenceError: a study without counts, crossover trials, or a measure that the method does not have.
    """
    lacking = [
        name
        for i, name in enumerate(studies.labels)
        if not all(np.isfinite(v[i]) for v in studies.raw.values())
    ]
    exact = method in ("EXACT", "GLMM")
    if exact and studies.measure.code not in MEASURES:
        raise EvidenceError(
            Fault("measure", f"one of {', '.join(MEASURES)} with {method}", studies.measure.code)
        )
    if lacking or not (exact or studies.measure.data in ("events", "person_time")):
        raise EvidenceError(
            Fault(f"study {name!r}", f"counts for {method}", "none")
            for name in lacking or studies.labels
        )
    if np.isfinite(studies.correlation).any():
        raise EvidenceError(Fault("correlation", f"parallel groups with {method}", "crossovers"))
    if likelihood not in ("conditional", "unconditional"):
        raise EvidenceError(Fault("likelihood", "conditional or unconditional", repr(likelihood)))
    if exact:
        return _pool_likelihoods(studies, method, level, likelihood == "conditional")
    return (*_pool_tables(studies, method, level, to), np.ones(len(studies.labels), bool))


def _pool_likelihoods(
    studies: Studies, method: str, level: float, conditional: bool
) -> tuple[Fit, Floats, Floats, Bools]:
    """The exact likelihood; studies that say nothing of the effect are left out."""
    code, raw = studies.measure.code, dict(studies.raw)
    if fractions := [
        n for n, v in raw.items() if n != "time" and n[:4] != "time" and (v % 1).any()
    ]:
        raise EvidenceError(Fault(", ".join(fractions), f"whole numbers for {method}", "fractions"))
    own = effect_sizes(code, raw, drop_double_zero=code in ("OR", "IRR"))
    keep = np.isfinite(own.values)
    kept = {name: values[keep] for name, values in raw.items()}
    if not keep.any():
        raise EvidenceError(Fault(f"{method} of {code}", "events in some study", "none"))
    found = count_model(code, kept, random=method == "GLMM", conditional=conditional)
    values, variances = own.values[keep], own.variances[keep]
    design, df = np.ones((len(values), 1)), found.df
    I2, H2 = inconsistency(variances, design, "REML", found.tau2, found.heterogeneity, df)  # noqa: N806
    fitted = Fit(
        method=method,
        test="z",
        level=level,
        k=len(values),
        p=1,
        beta=np.array([found.estimate]),
        covariance=np.array([[found.se**2]]),
        tau2=found.tau2,
        tau2_se=None,
        I2=I2,
        H2=H2,
        Q=found.heterogeneity,
        Q_df=df,
        Q_p=float(chdtrc(df, found.heterogeneity)) if df else 1.0,
        df=np.inf,
        log_likelihood=found.log_likelihood,
        weights=np.full(len(values), np.nan),
    )
    return fitted, own.values, own.variances, keep


def _pool_tables(
    studies: Studies, method: str, level: float, to: str
) -> tuple[Fit, Floats, Floats]:
    """Mantel-Haenszel or Peto; Q measures the studies' own effects against the pooled one."""
    if method == "PETO":
        if studies.measure.code not in ("OR", "PETO"):
            raise EvidenceError(Fault("measure", "OR or PETO with PETO", studies.measure.code))
        estimate, se = peto(studies.raw)
    else:
        estimate, se = mantel_haenszel(studies.measure.code, studies.raw)
    # Peto's own effects are defined with a zero cell, so that nothing is added to them.
    add = 0.0 if method == "PETO" else None
    own = effect_sizes(
        "PETO" if method == "PETO" else studies.measure.code,
        studies.raw,
        add=add,
        to="only0" if method == "PETO" else to,
        drop_double_zero=studies.measure.scale == "log",
    )
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
        weights=table_weights(method, studies.measure.code, studies.raw),
    )
    return fitted, own.values, own.variances
