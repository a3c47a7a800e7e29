"""Writing the calibration of the effects: estimates, correlations, what differs between studies, and the table."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from speciosa.calibration.effects import EffectFit
from speciosa.calibration.free_effects import free_effects, in_model
from speciosa.calibration.stages import STAGES
from speciosa.calibration.write import RELATED, _csv
from speciosa.delimited import read_text_table
from speciosa.facts.effects import effect_parameters
from speciosa.facts.sheets.sheet import SheetParameter
from speciosa.facts.uncertainty import FLOORS, Distribution
from speciosa.pharmacology.calibrated import estimates
from speciosa.pharmacology.effect.effect_numbers import OMEGA, believed_effect
from speciosa.saving import save_whole
from speciosa.validation.between_studies import kind
from speciosa.validation.observed.observations import Observation

HEAD = """# Parameters of the effects

Written by `python -m speciosa.calibration`. Typical value and 90% interval of what is believed about it (not of how
patients differ: that is the last column, the standard deviation between patients on the log or logit scale). `taken`
stands for the value of the parameter files with the rule of [uncertainty](uncertainty.md), `calibrated` for an estimate
from the observations whose split is `fit`. A source is a row of the facts, or `guess`. What each number does is said in
[the model](model.md).
"""

FITTED = frozenset(name for stage in STAGES for name in stage.analytes)
"""Every effect that some stage is fitted to."""


def write_effects(
    fits: Sequence[EffectFit], folder: Path, rows: Sequence[Observation] = ()
) -> list[Path]:
    """Writes the fact files of the calibration into `folder`; returns their paths.

    Where only some stages were fitted, the estimates of the others stay as they stand, and so does what studies of a kind
    differ by where a stage that was not fitted has some of `rows` of that kind.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file, related = folder / "estimates-effects.csv", folder / "correlations-effects.csv"
    between = folder / "between_studies-effects.csv"
    before = {row["parameter"]: dict(row) for row in _rows(file)}
    known = list(_rows(related))
    fitted = {fit.stage: fit for fit in fits}
    lines: list[dict[str, object]] = []
    pairs: list[dict[str, object]] = []
    for stage in STAGES:
        if stage.name in fitted:
            lines += _estimates(fitted[stage.name])
            pairs += _related(fitted[stage.name])
            continue
        names = {entry.name for entry in free_effects(stage)}
        kept = (before.get(entry.name) for entry in free_effects(stage))
        lines += [dict(row) for row in kept if row is not None]
        pairs += [dict(pair) for pair in known if {pair["one"], pair["other"]} <= names]
    used = {id(row) for fit in fits for row in fit.rows}
    shared = {kind(row) for row in rows if id(row) not in used and row.analyte in FITTED}
    kinds = [row for row in _between(fits) if row["kind"] not in shared]
    kinds += [dict(row) for row in _rows(between) if row["kind"] not in {k["kind"] for k in kinds}]
    kinds.sort(key=lambda row: str(row["kind"]))
    return [_csv(file, lines), _csv(related, pairs), _csv(between, kinds)]


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    return [row for _, row in read_text_table(path).records()]


def _estimates(fit: EffectFit) -> Iterator[dict[str, object]]:
    studies = len({row.study for row in fit.rows})
    for entry, z, sd in zip(fit.free, fit.z, fit.sd, strict=True):
        name = entry.name.removesuffix(OMEGA)
        molar = not entry.is_spread and _is_mass(entry.unit)
        scale = in_model(name, entry.unit, "nmol/L") if molar else 1.0
        yield {
            "parameter": entry.name,
            "value": f"{entry.value(z) * scale:.5g}",
            "unit": "nmol/L" if molar else entry.unit,
            "cv": f"{max(entry.cv(z, sd), FLOORS['calibration']):.4f}",
            "prior_value": f"{entry.center * scale:.5g}",
            "prior_cv": f"{entry.cv(0.0, 1.0):.4f}",
            "shift_in_prior_sd": f"{z:.3f}",
            "rows": len(fit.rows),
            "studies": studies,
            "source": "calibration",
        }


def _is_mass(unit: str) -> bool:
    return re.fullmatch(r"[pnum]?g/m?L", unit) is not None


def _related(fit: EffectFit) -> Iterator[dict[str, object]]:
    matrix = fit.covariance / np.outer(fit.sd, fit.sd)
    names = [entry.name for entry in fit.free]
    typical = [n for n, entry in enumerate(fit.free) if not entry.is_spread]
    for i in typical:
        for j in typical:
            if names[i] < names[j] and abs(matrix[i, j]) >= RELATED:
                yield {
                    "one": names[i],
                    "other": names[j],
                    "correlation": f"{matrix[i, j]:.3f}",
                    "source": "calibration",
                }


def _between(fits: Sequence[EffectFit]) -> list[dict[str, object]]:
    """What the models leave unexplained: of fractions as it is, of scores and the like relative to the value.

    The rows of a study count together as the square root of their number, as in the calibration of plasma: one course of
    forty points, met closely, does not say that laboratories agree.
    """
    missed: dict[str, list[tuple[float, float]]] = {}
    for fit in fits:
        together = Counter((row.study, row.analyte) for row in fit.rows)
        for row, predicted in zip(fit.rows, fit.predicted, strict=True):
            own = kind(row)
            scale = max(abs(row.value), 1e-9) if own in {"score", "normal"} else 1.0
            error = abs(float(predicted) - row.value) / scale
            missed.setdefault(own, []).append((error, together[row.study, row.analyte] ** -0.5))
    # Median of the absolute misses, as a standard deviation: one contradicted row does not widen all.
    return [
        {"kind": own, "sd": f"{1.4826 * _middle(errors):.3f}", "source": "calibration"}
        for own, errors in sorted(missed.items())
    ]


def _middle(weighed: Sequence[tuple[float, float]]) -> float:
    """Median of values with weights.

    Example:
        >>> _middle([(0.1, 1.0), (0.2, 1.0), (0.9, 1.0)]), _middle([(0.1, 0.2), (0.2, 0.2), (0.9, 1.0)])
        (0.2, 0.9)
    """
    values, weights = np.array(sorted(weighed)).T
    reached = np.cumsum(weights) / weights.sum()
    return float(values[np.searchsorted(reached, 0.5)])


def write_table(path: Path) -> Path:
    """Writes the table of every number of the effects as Markdown."""
    return save_whole(path, HEAD + "".join(_tables()))


def _tables() -> Iterator[str]:
    last = ""
    for name, entry in effect_parameters().items():
        table, _, key = name.partition(".")
        if table != last:
            yield f"\n## {table}\n\n| number | value | 90% interval | | source | between patients |\n"
            yield "| --- | --- | --- | --- | --- | --- |\n"
            last = table
        yield _line(name, key, entry)


def _line(name: str, key: str, entry: SheetParameter) -> str:
    estimate = estimates().get(f"effects.{name}")
    spread = estimates().get(f"effects.{name}{OMEGA}")
    belief = believed_effect(name)
    unit = "" if entry.unit == "1" else f" {entry.unit}"
    value, how = entry.value, "taken"
    if estimate is not None:
        width = float(np.sqrt(np.log1p(estimate.cv**2)))
        if belief.shape == "logitnormal":
            width = estimate.cv / (1 - estimate.value)
        belief = Distribution(belief.shape, estimate.value, width, "calibration")
        value, how = estimate.value, "calibrated"
        unit = "" if estimate.unit == "1" else f" {estimate.unit}"
    shown = "fixed"
    if belief.sigma:
        low, high = belief.interval(0.90)
        shown = f"{low:.3g} to {high:.3g}"
    source = ", ".join(entry.rows) or f"guess: {entry.guess}"
    omega = f"{spread.value:.2f} (calibrated)" if spread is not None else f"{entry.omega:.2g}"
    return f"| {key} | {value:.4g}{unit} | {shown} | {how} | {source} | {omega if entry.omega else ''} |\n"
