"""Reading observations files.

Columns: ``id, study, population, n, doses, versus, covariates, analyte, metric, at, statistic, value, unit,
spread_type, spread, reference, location, seen, split``. Only ``id, doses, analyte, metric, value, unit`` must be there.
Every fault of a row is collected; a faulty row does not keep the others from counting.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import get_args

from speciosa import units
from speciosa.errors import Fault, InputError, nearest
from speciosa.evidence.delimited import delimiter_of, text_of
from speciosa.pharmacology.covariates import describe
from speciosa.regimen import Regimen, parse_regimen
from speciosa.validation import spelling
from speciosa.validation.between_studies import NORMAL
from speciosa.validation.observations import (
    COLUMNS,
    DIFFERENCE,
    EFFECT_METRICS,
    EFFECTS,
    EXPOSURE_METRICS,
    METRICS,
    RATIO,
    REQUIRED,
    SPREADS,
    STATISTICS,
    Observation,
    ObservationFile,
    Statistic,
)
from speciosa.validation.timing import At, parse_at

_COUNT_UNITS = frozenset({"", "1", "points", "point", "-", "fraction", "ratio", "fold", "score"})
_TIME_METRICS = frozenset({"Tmax", "t_half"})


def read_observations(
    path: Path, known_substances: Mapping[str, str], known_products: Mapping[str, str]
) -> ObservationFile:
    """Reads an observations file.

    Args:
        path: a CSV file, UTF-8, with the columns of this module.
        known_substances: each name or alias of a substance in the library, and the name it stands for.
        known_products: each name or alias of a product, and the product.

    Raises:
        InputError: the file cannot be opened, is empty or lacks a column that is needed.
    """
    if not path.exists() or path.is_dir():
        found = "a folder" if path.is_dir() else "nothing there"
        raise InputError(Fault(str(path), "a CSV file", found))
    text = text_of(path)
    delimiter = delimiter_of(text)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    present = [name.strip() for name in reader.fieldnames or ()]
    missing = [name for name in REQUIRED if name not in present]
    if missing:
        found = ", ".join(present) or "nothing"
        raise InputError(
            Fault(f"{path}, column {name}", "the columns " + ", ".join(COLUMNS), found)
            for name in missing
        )
    rows: list[Observation] = []
    faults: dict[str, tuple[Fault, ...]] = {}
    seen: set[str] = set()
    for number, raw in enumerate(reader, start=2):
        cells = {
            str(key).strip(): _plain(value.strip(), delimiter)
            for key, value in raw.items()
            if key is not None and isinstance(value, str)
        }
        name = cells.get("id") or f"line {number}"
        row, found_faults = read_row(cells, name, known_substances, known_products)
        if name in seen:
            found_faults = (*found_faults, Fault(f"row {name}, id", "an id used once", name))
            row, name = None, f"{name} (line {number})"
        seen.add(name)
        if row is not None:
            rows.append(row)
        if found_faults:
            faults[name] = found_faults
    return ObservationFile(tuple(rows), faults)


def _plain(cell: str, delimiter: str) -> str:
    """A number with a decimal comma as one with a point, where commas do not part cells."""
    number = delimiter != "," and re.fullmatch(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?", cell)
    return cell.replace(",", ".") if number else cell


def read_row(
    cells: Mapping[str, str],
    name: str,
    known_substances: Mapping[str, str],
    known_products: Mapping[str, str],
) -> tuple[Observation | None, tuple[Fault, ...]]:
    """One row, or all that is wrong with it."""
    where = f"row {name}"
    faults: list[Fault] = []
    regimen = _regimen(cells.get("doses", ""), f"{where}, doses", known_products, faults)
    versus_text = cells.get("versus", "")
    versus = (
        _regimen(versus_text, f"{where}, versus", known_products, faults) if versus_text else None
    )
    patient, covariate_faults = describe(cells.get("covariates", ""), f"{where}, covariates")
    faults += covariate_faults
    analyte = _analyte(cells.get("analyte", ""), where, known_substances, faults)
    called, ends = spelling.metric(cells.get("metric", ""))
    if called.startswith("AUC") and called.removesuffix(RATIO) == "AUC":
        called = called.replace("AUC", _whole_or_partial(regimen, cells.get("at", "")), 1)
    metric = _metric(called, analyte, where, faults)
    at, at_faults = parse_at(cells.get("at", "") or ends, f"{where}, at")
    faults += at_faults
    value = _number(cells.get("value", ""), f"{where}, value", faults)
    unit = spelling.unit(cells.get("unit", ""))
    statistic = spelling.statistic(cells.get("statistic", "")) or "mean"
    if statistic not in STATISTICS:
        faults.append(
            Fault(f"{where}, statistic", "one of " + ", ".join(STATISTICS), repr(statistic))
        )
    spread_type = spelling.spread(cells.get("spread_type", "")) or "none"
    if spread_type not in SPREADS:
        faults.append(
            Fault(f"{where}, spread_type", "one of " + ", ".join(SPREADS), repr(spread_type))
        )
    if value is not None and value < 0 and metric is not None and metric not in EFFECT_METRICS:
        faults.append(Fault(f"{where}, value", f"a {metric} of 0 or more", f"{value:g}"))
    n = _count(cells.get("n", ""), f"{where}, n", faults)
    if metric is not None:
        faults += _combination_faults(metric, versus, at, where)
        faults += _unit_faults(unit, metric, analyte, where)
    if faults or regimen is None or analyte is None or metric is None or value is None:
        return None, tuple(faults)
    return (
        Observation(
            id=name,
            regimen=regimen,
            versus=versus,
            patient=patient,
            analyte=analyte,
            metric=metric,
            at=at,
            statistic=_statistic(statistic),
            value=value,
            unit=unit,
            n=n,
            study=cells.get("study", ""),
            split=cells.get("split", ""),
            reference=cells.get("reference", ""),
            spread_type=spread_type,
            spread=cells.get("spread", ""),
        ),
        (),
    )


def _whole_or_partial(regimen: Regimen | None, at: str) -> str:
    """Which area is meant by AUC alone: to the time given, of an interval, or the whole."""
    if at:
        return "AUC0-t"
    repeated = regimen is not None and any(dose.count > 1 for dose in regimen.doses)
    return "AUC_tau" if repeated and len(regimen.doses if regimen else ()) == 1 else "AUC0-inf"


def _statistic(text: str) -> Statistic:
    for known in get_args(Statistic):
        if text == known:
            statistic: Statistic = known
            return statistic
    raise AssertionError(text)


def _regimen(
    text: str, where: str, known_products: Mapping[str, str], faults: list[Fault]
) -> Regimen | None:
    try:
        regimen = parse_regimen(spelling.doses(text))
    except InputError as error:
        faults += [
            Fault(f"{where}, {fault.where}", fault.expected, fault.found, fault.fix)
            for fault in error.faults
        ]
        return None
    for dose in regimen.doses:
        if dose.product is None:
            faults.append(Fault(where, "a product in every dose", str(dose)))
        elif dose.product.casefold() not in known_products:
            faults.append(_unknown(f"{where}, product", dose.product, known_products))
    return regimen


def _analyte(text: str, where: str, known: Mapping[str, str], faults: list[Fault]) -> str | None:
    if spelling.effect(text) in EFFECTS:
        return spelling.effect(text)
    parts = [part.strip() for part in text.split("/")]
    names = [known.get(part.casefold()) for part in parts]
    if len(parts) > 2 or not text:
        faults.append(Fault(f"{where}, analyte", "a substance, metabolite/parent or effect", text))
        return None
    for part, name in zip(parts, names, strict=True):
        if name is None:
            faults.append(_unknown(f"{where}, analyte", part, {**known, **EFFECTS}))
    return "/".join(name for name in names if name) if all(names) else None


def _metric(text: str, analyte: str | None, where: str, faults: list[Fault]) -> str | None:
    by_fold = {name.casefold(): name for name in METRICS}
    metric = by_fold.get(text.casefold())
    if metric is None:
        faults.append(
            Fault(
                f"{where}, metric",
                "one of "
                + ", ".join((*EXPOSURE_METRICS, *EFFECT_METRICS))
                + ", any exposure metric also with _ratio",
                repr(text),
                _hint(text, METRICS),
            )
        )
        return None
    if analyte is not None and (analyte in EFFECTS) != (metric in EFFECT_METRICS):
        fitting = EFFECT_METRICS if analyte in EFFECTS else EXPOSURE_METRICS
        faults.append(
            Fault(f"{where}, metric of {analyte}", "one of " + ", ".join(fitting), metric)
        )
        return None
    return metric


def _combination_faults(metric: str, versus: Regimen | None, at: At, where: str) -> list[Fault]:
    faults = []
    if (metric.endswith(RATIO) or metric == DIFFERENCE) and versus is None:
        faults.append(
            Fault(f"{where}, versus", f"the regimen that {metric} compares with", "nothing")
        )
    if metric.startswith("concentration") and not at.is_set:
        faults.append(
            Fault(f"{where}, at", f"the time of the {metric}, such as '2.5 h'", "nothing")
        )
    if metric == "share_ge" and at.threshold is None:
        faults.append(Fault(f"{where}, at", "a threshold with a time, such as '5 @ 24 h'", str(at)))
    return faults


def _unit_faults(unit: str, metric: str, analyte: str | None, where: str) -> list[Fault]:
    """A unit of the wrong dimension is found before anything is simulated."""
    base = metric.removesuffix(RATIO)
    wanted = "1" if metric.endswith(RATIO) or base in {"F_absolute", "share_ge"} else ""
    if not wanted and analyte in EFFECTS:
        wanted = EFFECTS[analyte]
    if not wanted and analyte is not None and "/" in analyte:
        wanted = "h" if base in _TIME_METRICS else "1"
    if metric == "change" and unit == "%" and analyte in NORMAL:
        return []
    if wanted == "1":
        if unit.casefold() in _COUNT_UNITS or unit in {"%", "mm"} or "/" in unit:
            return []
        return [Fault(f"{where}, unit", "1, % or points", repr(unit))]
    targets = {
        "Tmax": ("h",),
        "t_half": ("h",),
        "Css_avg": ("ng/mL", "nmol/L"),
        "Cmax": ("ng/mL", "nmol/L"),
        "Cmin": ("ng/mL", "nmol/L"),
        "concentration": ("ng/mL", "nmol/L"),
        "AUC0-inf": ("ng*h/mL", "nmol*h/L"),
        "AUC0-t": ("ng*h/mL", "nmol*h/L"),
        "AUC_tau": ("ng*h/mL", "nmol*h/L"),
        "CL": ("L/h", "L/h/kg"),
        "CL_F": ("L/h", "L/h/kg"),
        "Vss": ("L", "L/kg"),
        "Vz_F": ("L", "L/kg"),
    }
    choices = (wanted,) if wanted else targets.get(base, ())
    for target in choices:
        try:
            units.factor(unit, target)
        except InputError:
            continue
        return []
    return [Fault(f"{where}, unit", "one convertible to " + " or ".join(choices), repr(unit))]


def _number(text: str, where: str, faults: list[Fault]) -> float | None:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if value != value or abs(value) == float("inf"):
        faults.append(Fault(where, "a number", repr(text)))
        return None
    return value


def _count(text: str, where: str, faults: list[Fault]) -> int | None:
    if not text:
        return None
    value = _number(text, where, faults)
    if value is None:
        return None
    if value < 1 or value != int(value):
        faults.append(Fault(where, "a whole number of subjects, 1 or more", text))
        return None
    return int(value)


def _unknown(where: str, name: str, known: Mapping[str, object]) -> Fault:
    names = sorted(set(map(str, known)))
    return Fault(where, "one of " + ", ".join(names), repr(name), _hint(name, names))


def _hint(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f"Did you mean {' or '.join(near)}?" if near else ""
