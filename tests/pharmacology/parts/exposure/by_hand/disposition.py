"""Concentrations and exchanges written out by hand: what a patient does to clearances and volumes, and what flows where.

`Disposed` holds the numbers of a model's sheets at one point; the other files of this folder add absorption, enzymes and
metabolism, each in plain Python from the docstrings and their sources. Nothing here is taken from the code that builds
models; the structure (pathways, paths, covariates) is read from the sheets.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tests.pharmacology.parts.points import Point

from speciosa.facts.sheets.number import Covariate
from speciosa.facts.sheets.sheet import sheet
from speciosa.pharmacology.covariates import covariates
from speciosa.pharmacology.exposure.absorption import Way

COVARIATES = {"sex": "female", "gender": "female", "wt": "weight", "liver": "hepatic"}


@dataclass
class Disposed:
    """Substances of one model at one point, in the patient."""

    at: Point
    substances: Sequence[str]
    ways: Sequence[Way] = ()

    def number(self, substance: str, path: str) -> float:
        return self.at.values[f"{substance}.{path}"]

    def of_patient(self, substance: str, on: str) -> float:
        """Product of what the sheet's covariates do to one quantity, each to its uncertain power."""
        return math.prod(
            self.effect_of(entry) ** self.number(substance, f"covariates.{entry.name}")
            for entry in sheet(substance).covariates
            if entry.on == on
        )

    def effect_of(self, entry: Covariate) -> float:
        """What one covariate does."""
        name = COVARIATES.get(entry.name, entry.name)
        x = self.at.values[name]
        if entry.form == "category" and name != "female":
            known = covariates()[name]
            numbers = {known.categories[level]: factor for level, factor in entry.levels.items()}
            numbers.setdefault(known.reference, 1.0)
            if known.graded:
                return float(np.interp(x, sorted(numbers), [numbers[n] for n in sorted(numbers)]))
            return numbers[min(numbers, key=lambda number: abs(number - x))]
        if entry.form == "category":
            return x * entry.levels.get("female", 1.0) + (1 - x) * entry.levels.get("male", 1.0)
        if name == "egfr":
            x /= min(1.0, (95 - 0.875 * max(0.0, self.at.values["age"] - 40)) / 90)
        x = min(x, entry.high) if entry.high is not None else x
        x = max(x, entry.low) if entry.low is not None else x
        slope = entry.coefficient.value
        if entry.form == "power":
            return (x / entry.reference) ** slope
        if entry.form == "linear":
            return 1 + slope * (x - entry.reference)
        return math.exp(slope * (x - entry.reference))

    def scaled(self, substance: str, symbol: str) -> float:
        """A clearance, flow or volume of this patient: weight over reference to a power, times covariates."""
        ratio = self.at.values["weight"] / sheet(substance).disposition.reference_weight
        kind = "volume" if symbol.startswith("V") else "clearance"
        power = self.number(substance, f"disposition.weight_on_{kind}")
        typical = self.number(substance, f"disposition.{symbol}")
        return typical * ratio**power * self.of_patient(substance, symbol)

    def concentration(self, substance: str) -> float:
        return self.at.states[f"central_{substance}"] / self.scaled(substance, "V1")

    def exchanges(self, substance: str) -> dict[int, float]:
        """Net flow from the central into each peripheral compartment, nmol/h."""
        found = {}
        for i in range(2, sheet(substance).disposition.compartments + 1):
            there = self.at.states[f"peripheral{i}_{substance}"] / self.scaled(substance, f"V{i}")
            found[i] = self.scaled(substance, f"Q{i}") * (self.concentration(substance) - there)
        return found
