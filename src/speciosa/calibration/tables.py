"""The table of every parameter of the plasma models: value, interval, source, calibrated or taken."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from speciosa.facts.sheets.sheet import SheetParameter, names, sheet
from speciosa.facts.uncertainty import Distribution
from speciosa.pharmacology.calibrated import estimates
from speciosa.pharmacology.parameters import believed, parameters_of
from speciosa.saving import save_whole

PLASMA = ("disposition.", "pathways.", "first_pass.", "absorption.", "interactions.")

HEAD = """# Parameters of the plasma models

Written by `python -m speciosa.calibration`. Typical value and 90% interval of what is believed about it (not of how
patients differ: that is the last column, the standard deviation between patients on the log or logit scale). `taken`
stands for the value of the model sheet with the rule of [uncertainty](uncertainty.md), `calibrated` for an estimate from
the observations whose split is `fit`. A source is a row of the facts, or `guess`.
"""


def write(path: Path) -> Path:
    """Writes the table as Markdown."""
    return save_whole(path, HEAD + "".join(_substance(name) for name in names()))


def _substance(name: str) -> str:
    lines = [f"\n## {name}\n\n{sheet(name).selected}\n"]
    unknown = sheet(name).unknown
    if unknown:
        lines.append("\nNot known: " + "; ".join(unknown) + ".\n")
    lines.append("\n| parameter | value | 90% interval | | source | between patients |\n")
    lines.append("| --- | --- | --- | --- | --- | --- |\n")
    lines += _rows(name)
    return "".join(lines)


def _rows(name: str) -> Iterator[str]:
    for path, entry in parameters_of(name).items():
        if not path.startswith(PLASMA):
            continue
        belief = believed(name, path)
        estimate = estimates().get(f"{name}.{path}")
        kind = "taken"
        if estimate is not None:
            belief, kind = _after(belief, estimate.value, estimate.cv), "calibrated"
        low, high = belief.interval(0.90)
        span = "fixed" if belief.shape == "fixed" else f"{low:.3g} to {high:.3g}"
        source = ", ".join(entry.rows) or "guess"
        between = f"{entry.omega:g} ({entry.scale})" if entry.omega else ""
        yield (
            f"| {path} | {belief.center:.4g}{_unit(entry)} | {span} | {kind} | {source} | {between} |\n"
        )


def _unit(entry: SheetParameter) -> str:
    return "" if entry.unit == "1" else f" {entry.unit}"


def _after(belief: Distribution, value: float, cv: float) -> Distribution:
    """The belief after the calibration, of the same shape."""
    if belief.shape == "logitnormal":
        return Distribution("logitnormal", value, cv / (1 - value))
    return Distribution("lognormal", value, float(np.sqrt(np.log1p(cv**2))))
