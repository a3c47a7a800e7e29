"""From a table with one row a dose to studies with their contrasts and covariances."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.dose.covariance import Design, of_means, of_ratios
from speciosa.evidence.effects.measures import Floats
from speciosa.evidence.table.columns import numbers, resolve
from speciosa.evidence.table.names import folded
from speciosa.evidence.table.reading import Reading, prepared

Source = Any
ALIASES = {
    "study": ("study", "studlab", "id", "trial", "author"),
    "dose": ("dose", "dose_mg", "exposure", "duration", "mean_dose"),
    "cases": ("cases", "case", "events", "event"),
    "n": ("n", "total", "peryears", "person_years", "person_time", "time", "participants"),
    "type": ("type", "design", "study_type"),
    "log_ratio": ("logrr", "log_rr", "log_ratio", "loghr", "logor"),
    "ratio": ("rr", "or", "hr", "irr", "adjrr", "adjusted_rr"),
    "se": ("se", "selogrr", "se_log_rr"),
    "lower": ("lower", "lb", "ci_low", "ci_lb", "lrr", "lci", "ll"),
    "upper": ("upper", "ub", "ci_high", "ci_ub", "urr", "uci", "ul"),
    "mean": ("mean", "y", "m"),
    "sd": ("sd", "std_dev"),
}
_DESIGNS: dict[str, Design] = {
    **dict.fromkeys(("cc", "1", "case-control", "case control"), "cc"),
    **dict.fromkeys(("ir", "2", "incidence rate", "person-time"), "ir"),
    **dict.fromkeys(("ci", "3", "cumulative incidence", "cohort"), "ci"),
}
Z95 = 1.959963984540054


@dataclass(frozen=True)
class DoseStudy:
    """One study: its doses, the reference first, and its contrasts with the reference.

    Attributes:
        name: of the study.
        dose: shape ``(m + 1,)``.
        effect: against the first dose, shape ``(m,)``, logarithms for ratios.
        covariance: shape ``(m, m)``.
    """

    name: str
    dose: Floats
    effect: Floats
    covariance: Floats


@dataclass(frozen=True)
class Doses:
    """Studies read from a table, those left out with the reason, the measure and notes."""

    measure: str
    studies: tuple[DoseStudy, ...]
    left_out: Mapping[str, str]
    notes: tuple[str, ...]


def read_doses(
    source: Source, *, standardised: bool = False, reading: Reading | None = None
) -> Doses:
    """Studies from one row a dose.

    Ratios: ``study, dose, cases, n, type`` with ``RR, lower, upper`` or ``logrr, se``; `type` is ``cc`` (odds ratios of a
    case-control study), ``ir`` (rates, `n` in person-time) or ``ci`` (risks). The reference dose has a ratio of 1. Means:
    ``study, dose, mean, sd, n``; the reference is the lowest dose.

    Raises:
        EvidenceError: every fault of the table at once.

    Example:
        >>> rows = {"study": ["A", "A"], "dose": [0, 5], "mean": [0.0, 1.0], "sd": [2.0, 2.0], "n": [50, 50]}
        >>> read_doses(rows).studies[0].effect.tolist()
        [1.0]
    """
    ready = prepared(source, reading or Reading(), by_study=False)
    table = ready.table
    if table.is_empty():
        raise EvidenceError(Fault("table", "at least one row", "none"))
    columns = _columns(table)
    means = (
        {"mean", "sd", "n"} <= columns.keys()
        and "log_ratio" not in columns
        and "ratio" not in columns
    )
    _require(table, columns, means)
    labels = [" ".join(str(cell).split()) for cell in table[columns["study"]].to_list()]
    faults: list[Fault] = []
    values = {
        name: numbers(table, column, labels, faults)
        for name, column in columns.items()
        if name not in ("study", "type")
    }
    rows: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        rows.setdefault(label, []).append(place)
    kinds = table[columns["type"]].to_list() if "type" in columns else []
    studies, left_out = [], {}
    for name, places in rows.items():
        part = {key: column[places] for key, column in values.items()}
        found = (
            _of_means(name, part, standardised, faults)
            if means
            else _of_ratios(name, part, [kinds[i] for i in places], faults)
        )
        if isinstance(found, str):
            left_out[name] = found
        elif found is not None:
            studies.append(found)
    if faults:
        raise EvidenceError(faults)
    if not studies:
        raise EvidenceError(Fault("table", "a study with two doses or more", "none"))
    measure = ("SMD" if standardised else "MD") if means else "RR"
    return Doses(measure, tuple(studies), left_out, ready.notes)


def _columns(table: pl.DataFrame) -> dict[str, str]:
    known = {folded(name): name for name in table.columns}
    found = {}
    for ours, spellings in ALIASES.items():
        hit = next((known[spelling] for spelling in spellings if spelling in known), None)
        hit = hit or (resolve(table, ours) if ours in ("se",) else None)
        if hit:
            found[ours] = hit
    return found


def _require(table: pl.DataFrame, columns: Mapping[str, str], means: bool) -> None:
    """The columns that make one of the two forms."""
    needed = ["study", "dose"] if means else ["study", "dose", "cases", "n", "type"]
    missing = [name for name in needed if name not in columns]
    if not means and not ({"log_ratio", "ratio"} & columns.keys()):
        missing.append("RR (or logrr; or mean, sd)")
    elif not means and "se" not in columns and not {"lower", "upper"} <= columns.keys():
        missing.append("lower, upper (or se)")
    if missing:
        wanted = "study, dose, cases, n, type with RR, lower, upper or logrr, se; or study, dose, mean, sd, n"
        found = f"{', '.join(map(str, table.columns))}; without {', '.join(missing)}"
        raise EvidenceError(
            Fault("columns", wanted, found, "Other names: --columns dose=mg,cases=events.")
        )


def _of_ratios(
    name: str, part: Mapping[str, Floats], kinds: Sequence[Any], faults: list[Fault]
) -> DoseStudy | str | None:
    where = f"study {name!r}"
    told = {" ".join(str(kind).casefold().split()) for kind in kinds}
    design = _DESIGNS.get(next(iter(told))) if len(told) == 1 else None
    if design is None:
        expected = "cc, ir or ci, the same in every row of a study"
        faults.append(Fault(f"{where}, type", expected, ", ".join(sorted(told))))
        return None
    log_ratio, se = _logarithms(part)
    base = _reference(log_ratio, se)
    if base is None:
        faults.append(
            Fault(
                where,
                "one reference dose, with a ratio of 1 and no standard error",
                "none, or several",
            )
        )
        return None
    order = [base, *(i for i in range(len(log_ratio)) if i != base)]
    dose, cases, n = (part[key][order] for key in ("dose", "cases", "n"))
    log_ratio, se = log_ratio[order], np.where(np.arange(len(order)) == 0, 0.0, se[order])
    if len(order) < 2:
        return "one dose only"
    wrong = []
    if not (np.isfinite(dose).all() and (dose >= 0).all()):
        wrong.append(Fault(f"{where}, dose", "0 or more in every row", "missing or negative"))
    if not (np.isfinite(cases).all() and (cases > 0).all()):
        wrong.append(Fault(f"{where}, cases", "above 0 in every row", "missing, or none"))
    if not (np.isfinite(n).all() and (n > (0 if design == "ir" else cases)).all()):
        wrong.append(Fault(f"{where}, n", "above the cases in every row", "missing, or fewer"))
    if not (np.isfinite(log_ratio).all() and np.isfinite(se[1:]).all() and (se[1:] > 0).all()):
        wrong.append(
            Fault(
                where, "a ratio with an interval or standard error at every dose", "missing, or 0"
            )
        )
    if len(set(dose.tolist())) < len(dose):
        wrong.append(Fault(f"{where}, dose", "each dose once", "a dose twice"))
    faults += wrong
    if wrong:
        return None
    covariance = of_ratios(design, cases, n, log_ratio, se)
    return DoseStudy(name, dose, log_ratio[1:], covariance)


def _logarithms(part: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """Log ratios and their standard errors; what has no logarithm is not finite, and refused by its place."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log_ratio = part["log_ratio"] if "log_ratio" in part else np.log(part["ratio"])
        if "se" in part and np.isfinite(part["se"]).any():
            return log_ratio, part["se"]
        return log_ratio, (np.log(part["upper"]) - np.log(part["lower"])) / (2 * Z95)


def _reference(log_ratio: Floats, se: Floats) -> int | None:
    """The row whose ratio is 1 and has no standard error."""
    places = [
        i
        for i in range(len(log_ratio))
        if abs(log_ratio[i]) < 1e-12 and (np.isnan(se[i]) or se[i] == 0)
    ]
    return places[0] if len(places) == 1 else None


def _of_means(
    name: str, part: Mapping[str, Floats], standardised: bool, faults: list[Fault]
) -> DoseStudy | str | None:
    where = f"study {name!r}"
    order = np.argsort(part["dose"], kind="stable")
    dose, mean, sd, n = (part[key][order] for key in ("dose", "mean", "sd", "n"))
    if len(order) < 2:
        return "one dose only"
    wrong = []
    if not np.isfinite(np.concatenate([dose, mean, sd, n])).all():
        wrong.append(Fault(where, "dose, mean, sd and n in every row", "missing"))
    elif not ((sd > 0).all() and (n > 1).all() and (dose >= 0).all()):
        wrong.append(Fault(where, "sd above 0, n above 1, doses of 0 or more", "others"))
    elif len(set(dose.tolist())) < len(dose):
        wrong.append(Fault(f"{where}, dose", "each dose once", "a dose twice"))
    faults += wrong
    if wrong:
        return None
    effect, covariance = of_means(mean, sd, n, standardised)
    return DoseStudy(name, dose, effect, covariance)
