"""Reading observations files.

Columns: ``id, study, population, n, doses, versus, covariates, analyte, metric, at, statistic, value, unit,
spread_type, spread, reference, location, seen, split, trials``. Only ``id, doses, analyte, metric, value, unit`` must be there.
Every fault of a row is collected; a faulty row does not keep the others from counting.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import get_args

from speciosa.delimited import TextTable, read_text_table
from speciosa.errors import Fault, InputError
from speciosa.pharmacology.covariates import describe
from speciosa.regimen import Regimen
from speciosa.validation.observed import spelling
from speciosa.validation.observed.cells import (
    area_meant,
    meal_apart,
    read_analyte,
    read_choice,
    read_comparison,
    read_count,
    read_metric,
    read_number,
    read_regimen,
    usual_comparison,
)
from speciosa.validation.observed.fitting import faults_together
from speciosa.validation.observed.observations import (
    COLUMNS,
    RATIO,
    REQUIRED,
    SPREADS,
    STATISTICS,
    Observation,
    ObservationFile,
    Statistic,
)
from speciosa.validation.observed.timing import parse_at


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
    table = _opened(path)
    rows: list[Observation] = []
    faults: dict[str, tuple[Fault, ...]] = {}
    seen: set[str] = set()
    for number, cells in table.records():
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


def _opened(path: Path) -> TextTable:
    """The rows of a file that has the columns that are needed."""
    table = read_text_table(path, ragged=True)
    missing = [name for name in REQUIRED if name not in table.names]
    if missing:
        found = ", ".join(table.names) or "nothing"
        raise InputError(
            Fault(f"{path}, column {name}", "the columns " + ", ".join(COLUMNS), found)
            for name in missing
        )
    return table


def read_row(
    cells: Mapping[str, str],
    name: str,
    known_substances: Mapping[str, str],
    known_products: Mapping[str, str],
) -> tuple[Observation | None, tuple[Fault, ...]]:
    """One row, or all that is wrong with it."""
    where = f"row {name}"
    faults: list[Fault] = []

    def cell(column: str) -> str:
        return cells.get(column, "")

    doses, meal = meal_apart(cell("doses"))
    regimen = read_regimen(doses, f"{where}, doses", known_products, faults)
    told = "; ".join(filter(None, (cell("covariates"), meal)))
    patient, covariate_faults = describe(told, f"{where}, covariates")
    faults += covariate_faults
    versus, against = read_comparison(
        cell("versus"), cell("versus_covariates"), regimen, patient, f"{where}, versus",
        known_products, faults,
    )  # fmt: skip
    analyte = read_analyte(cell("analyte"), where, known_substances, faults)
    if analyte == "pain_nrs" and "surgery" in patient.values and cell("analyte") != analyte:
        analyte = "acute_pain_nrs"  # a scale of pain, in people after an operation
    called, ends = _called(cells, regimen)
    if analyte is not None and "/" in analyte and versus is None:
        # of metabolite and parent, an area ratio without a comparison is the one between them
        called = called.removesuffix(RATIO)
    metric = read_metric(called, analyte, where, faults)
    if versus is None and metric is not None and metric.endswith(RATIO):
        versus = usual_comparison(regimen, patient)
    at, at_faults = parse_at(cell("at") or ends, f"{where}, at")
    faults += at_faults
    value = read_number(cell("value"), f"{where}, value", faults)
    unit = spelling.unit(cell("unit"))
    statistic = read_choice(
        spelling.statistic(cell("statistic")), STATISTICS, "mean", f"{where}, statistic", faults
    )
    spread_type = read_choice(
        spelling.spread(cell("spread_type")), SPREADS, "none", f"{where}, spread_type", faults
    )
    n = read_count(cell("n"), f"{where}, n", faults)
    trials = read_count(cell("trials"), f"{where}, trials", faults)
    faults += faults_together(metric, versus, at, unit, analyte, value, where)
    if faults or regimen is None or analyte is None or metric is None or value is None:
        return None, tuple(faults)
    row = Observation(
        name, regimen, versus, patient, analyte, metric, at, _statistic(statistic), value, unit, n,
        study=cell("study"), split=cell("split"), reference=cell("reference"),
        spread_type=spread_type, spread=cell("spread"), trials=trials or 1,
        against=against,
    )  # fmt: skip
    return row, ()


def _called(cells: Mapping[str, str], regimen: Regimen | None) -> tuple[str, str]:
    """The metric as the contract spells it, and the end that its name says."""
    called, ends = spelling.metric(cells.get("metric", ""))
    if called == "Vd":
        by_vein = regimen is not None and all(dose.route == "iv" for dose in regimen.doses)
        called = "Vss" if by_vein else "Vz_F"
    if called.startswith("AUC") and called.removesuffix(RATIO) == "AUC":
        called = called.replace("AUC", area_meant(regimen, cells.get("at", "")), 1)
    return called, ends


def _statistic(text: str) -> Statistic:
    for known in get_args(Statistic):
        if text == known:
            statistic: Statistic = known
            return statistic
    raise AssertionError(text)
