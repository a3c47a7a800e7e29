"""Small models for tests of the effects: each substance in one compartment, dosed as `substance`, nmol."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from speciosa.engine.result import Result
from speciosa.engine.simulate import simulate
from speciosa.model import Equations, Model
from speciosa.pharmacology.effect.effects import add_effects

OUTPUTS = (
    "ventilation_fraction",
    "minute_ventilation",
    "respiratory_rate",
    "petco2_mmhg",
    "pupil_diameter_mm",
    "mor_occupancy",
    "cows",
    "pain_relief",
    "pain_tolerance_ratio",
    "liking_vas",
    "tolerance",
    "dependence",
)
LIGANDS = ("fentanyl", "buprenorphine", "naloxone")
VOLUME_L = 100.0


@cache
def model(
    ligands: tuple[str, ...] = LIGANDS,
    outputs: tuple[str, ...] = OUTPUTS,
    half_life_h: float = 4.0,
    dynamic_co2: bool = False,
) -> Equations:
    """Substances that leave one compartment with the same half-life, and effects of them."""
    m = Model("effects")
    rate = m.parameter("k", np.log(2) / half_life_h if np.isfinite(half_life_h) else 0.0, "1/h")
    volume = m.parameter("V", VOLUME_L, "L")
    plasma = {}
    for name in ligands:
        amount = m.state(f"amount_{name}", "nmol")
        m.rate(amount, -rate * amount)
        m.dose_target(name, amount)
        plasma[name] = m.formula(f"plasma_{name}", amount / volume, "nmol/L")
    occupancies = tuple(f"occupancy_{name}" for name in ligands if "mor_occupancy" in outputs)
    add_effects(m, plasma, (*outputs, *occupancies), dynamic_co2=dynamic_co2)
    return m.build()


def run(
    doses: str | Sequence[str],
    times: Sequence[float],
    equations: Equations | None = None,
    **covariates: float,
) -> Result:
    """The typical patient under a regimen, or under each of several."""
    equations = equations if equations is not None else model()
    patients = 1 if isinstance(doses, str) else len(doses)
    table = {"V": np.full(patients, VOLUME_L)}
    table |= {name: np.full(patients, value) for name, value in covariates.items()}
    result = simulate(
        equations,
        doses if isinstance(doses, str) else list(doses),
        parameters=table,
        times=times,
        method="tsit5",
    )
    assert result.ok.all(), result.status
    return result
