"""The mixed model for repeated measures (MMRM): what a table of visits says of treatments, visit by visit."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import ConvergenceError, Fault, InputError
from speciosa.trials.repeated.contrasts import DF_METHODS, Contrast, Inference, inference
from speciosa.trials.repeated.fitting import Estimated, estimate
from speciosa.trials.repeated.formula import Column, Formula, design_columns, design_matrix
from speciosa.trials.repeated.layout import Layout, laid_out
from speciosa.trials.repeated.means import cell_means, treatment
from speciosa.trials.repeated.records import Records, read_records
from speciosa.trials.repeated.structures import Structure, Toeplitz, Unstructured

Array = NDArray[np.float64]
METHODS = ("REML", "ML")
STRUCTURES = ("unstructured", "toeplitz")


@dataclass(frozen=True, slots=True)
class Mmrm:
    """A fitted mixed model for repeated measures.

    Attributes:
        formula: as given.
        method: ``REML`` or ``ML``.
        df_method: ``satterthwaite`` or ``kenward-roger``.
        structure: of the covariance, ``unstructured`` or ``heterogeneous toeplitz``.
        subjects: people with at least one row.
        observations: rows used.
        left_out: rows with something missing.
        neg2_loglik: minus twice the log-likelihood, restricted by REML.
        visits: in order.
        covariance: over the visits.
        estimates: of the coefficients, by name.
        arm: the factor whose levels are compared; None without one.
        lsmeans: least-squares means by level of the arm and visit; other factors with equal weights, numbers at their mean.
        differences: of the levels of the arm from its reference, by visit.
        warnings: what the reader must know.
    """

    formula: str
    method: str
    df_method: str
    structure: str
    subjects: int
    observations: int
    left_out: int
    neg2_loglik: float
    visits: tuple[str, ...]
    covariance: tuple[tuple[float, ...], ...]
    estimates: Mapping[str, Contrast]
    arm: str | None
    lsmeans: Mapping[tuple[str, str], Contrast]
    differences: Mapping[tuple[str, str], Contrast]
    warnings: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The fit as one object of JSON."""
        found = {
            name: list(v) if isinstance(v, tuple) else v
            for name, v in asdict(self).items()
            if name not in ("estimates", "lsmeans", "differences")
        }
        found["covariance"] = [list(row) for row in self.covariance]
        found["estimates"] = [{"name": n, **asdict(c)} for n, c in self.estimates.items()]
        found["lsmeans"] = [
            {"arm": arm or None, "visit": visit, **asdict(c)}
            for (arm, visit), c in self.lsmeans.items()
        ]
        found["differences"] = [
            {"contrast": pair, "visit": visit, **asdict(c)}
            for (pair, visit), c in self.differences.items()
        ]
        return found


def mmrm(
    data: Mapping[str, Sequence[object]],
    formula: str,
    *,
    subject: str,
    visit: str,
    method: str = "REML",
    df: str = "satterthwaite",
    arm: str | None = None,
    covariance: str | None = None,
    reference: Mapping[str, str] | None = None,
    lines: Sequence[int] | None = None,
) -> Mmrm:
    r"""Fits a mixed model for repeated measures.

    .. math:: y_i = X_i\beta + \varepsilon_i, \qquad \varepsilon_i \sim N(0, \Sigma_i)

    The covariance over visits is unstructured. Where there are fewer people than it has parameters, or it cannot be estimated,
    a heterogeneous Toeplitz covariance is taken and `warnings` says so. Missing visits are taken to be missing at random; rows
    with something missing are left out.

    Args:
        data: columns by name; cells may be text. A column is a number where all its cells are, else a factor.
        formula: as ``y ~ a + b*c``, with an intercept.
        subject: column of the subject.
        visit: column of the visit, always a factor.
        method: ``REML`` or ``ML``.
        df: ``satterthwaite`` or ``kenward-roger``, which needs REML.
        arm: the factor whose levels are compared; the one that interacts with the visit, or the only other factor, if left out.
        covariance: ``unstructured`` or ``toeplitz``, without a way out; None chooses as said above.
        reference: first level of factors, by name; the first in alphabetical order if left out.
        lines: of the rows, for messages.

    Raises:
        InputError: with all that is wrong: columns, cells, a design that is not of full rank, too few people (with the largest
            structure that fits).
        ConvergenceError: no covariance could be estimated.

    Source:
        Mallinckrodt CH et al. Drug Inf J 2008;42:303 (doi:10.1177/009286150804200402).

    Example:
        >>> rows = {"id": [], "week": [], "arm": [], "y": []}
        >>> for n in range(12):
        ...     for week in (1, 2):
        ...         cells = (n, week, "AB"[n % 2], week + (n % 2) * 3 + (n * 7 + week * 5) % 11 / 5)
        ...         for name, cell in zip(rows, cells):
        ...             rows[name].append(cell)
        >>> found = mmrm(rows, "y ~ arm*week", subject="id", visit="week")
        >>> found.structure, round(found.differences["B - A", "2"].df, 1)
        ('unstructured', 10.0)
    """
    _options(method, df, covariance)
    read = Formula.read(formula)
    table = {name: [_text(cell) for cell in cells] for name, cells in data.items()}
    records = read_records(read, table, subject, visit, reference or {}, lines)
    columns = design_columns(read, records.levels)
    x = design_matrix(columns, records.factors, records.numbers, len(records.response))
    _full_rank(columns, x)
    layout = laid_out(records.subject, records.visit, records.response, x, len(records.visits))
    fit, warnings = _fitted(layout, records, method == "REML", covariance)
    known = inference(fit, df)
    chosen = treatment(read, records, visit, arm)
    means = cell_means(columns, records, visit, chosen)
    return Mmrm(
        formula,
        method,
        df,
        fit.structure.name,
        records.subjects,
        layout.rows,
        records.left_out,
        fit.point.value,
        records.visits,
        tuple(tuple(map(float, row)) for row in fit.sigma),
        {c.name: known.of(np.eye(len(columns))[n]) for n, c in enumerate(columns)},
        chosen,
        {cell: known.of(weights) for cell, weights in means.items()},
        _differences(means, known, records, chosen),
        warnings,
    )


def _options(method: str, df: str, covariance: str | None) -> None:
    faults = []
    if method not in METHODS:
        faults.append(Fault("method", f"one of {', '.join(METHODS)}", method))
    if df not in DF_METHODS:
        faults.append(Fault("df", f"one of {', '.join(DF_METHODS)}", df))
    elif df == "kenward-roger" and method == "ML":
        faults.append(Fault("df", "satterthwaite, or method REML", "kenward-roger with ML"))
    if covariance is not None and covariance not in STRUCTURES:
        faults.append(Fault("covariance", f"one of {', '.join(STRUCTURES)}", covariance))
    if faults:
        raise InputError(faults)


def _text(cell: object) -> str:
    return "" if cell is None else str(cell).strip()


def _full_rank(columns: Sequence[Column], x: Array) -> None:
    """Refuses columns that others already make up."""
    scaled = x / np.maximum(np.linalg.norm(x, axis=0), 1e-300)
    kept: list[int] = []
    repeated = []
    for place, column in enumerate(columns):
        rest = scaled[:, place]
        if kept:
            basis = scaled[:, kept]
            rest = rest - basis @ np.linalg.lstsq(basis, rest, rcond=None)[0]
        if np.linalg.norm(rest) < 1e-8:
            repeated.append(column.name)
        else:
            kept.append(place)
    if repeated:
        fix = "Leave a term out, or join levels: these cells hold nobody or repeat other terms."
        found = f"no information on {', '.join(repeated)}"
        raise InputError(Fault("formula", "terms that the rows tell apart", found, fix))


def _fitted(
    layout: Layout, records: Records, reml: bool, covariance: str | None
) -> tuple[Estimated, tuple[str, ...]]:
    """The first structure that the data can fix, and why the ones before it could not."""
    visits, people = len(records.visits), records.subjects
    known: dict[str, Structure] = {"unstructured": Unstructured(visits)}
    known["toeplitz"] = Toeplitz(visits)
    asked = [covariance] if covariance else list(known)
    reasons = list[tuple[str, str]]()
    for name in asked:
        structure = known[name]
        reason = _too_little(structure, layout, people)
        if not reason:
            try:
                return estimate(layout, structure, reml), _said(reasons, structure)
            except ConvergenceError as error:
                reason = str(error)
        reasons.append((name, reason))
    fits = [n for n, s in known.items() if not _too_little(s, layout, people)]
    if all(_too_little(known[name], layout, people) for name in asked):
        fix = f"The largest structure that fits is {fits[0]}." if fits else "None fits."
        raise InputError([Fault(f"covariance {n}", "enough people", r, fix) for n, r in reasons])
    raise ConvergenceError(" ".join(f"{reason}" for _, reason in reasons))


def _too_little(structure: Structure, layout: Layout, people: int) -> str:
    """Why a structure is more than the data can fix; empty where it is not."""
    columns = layout.x.shape[2]
    if people < structure.count:
        return f"{people} people for {structure.count} parameters"
    if layout.rows <= columns + structure.count:
        return f"{layout.rows} rows for {columns + structure.count} parameters"
    together = layout.seen.astype(int).T @ layout.seen.astype(int)
    if isinstance(structure, Unstructured) and (together == 0).any():
        return "two visits that nobody has both of"
    return ""


def _said(reasons: Sequence[tuple[str, str]], structure: Structure) -> tuple[str, ...]:
    return tuple(
        f"The covariance is {structure.name}, not {name}: {reason.rstrip('.')}."
        for name, reason in reasons
    )


def _differences(
    means: Mapping[tuple[str, str], Array], known: Inference, records: Records, arm: str | None
) -> dict[tuple[str, str], Contrast]:
    if arm is None:
        return {}
    first, *others = records.levels[arm]
    return {
        (f"{level} - {first}", visit): known.of(means[level, visit] - means[first, visit])
        for visit in records.visits
        for level in others
    }
