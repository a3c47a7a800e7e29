"""One draw of the uncertain parameters is the same draw in every model that holds them."""

import numpy as np
import pytest

from speciosa.pharmacology.assembly import system
from speciosa.pharmacology.calibrated import MOST_SHRINKAGE, correlations, estimates, related
from speciosa.population import Population

MODELS = {
    "by mouth": (("mitragynine",), ("mitragynine",)),
    "with a metabolite": (("mitragynine",), ("mitragynine", "7_hydroxymitragynine")),
    "with breathing": (("mitragynine",), ("ventilation_fraction",)),
    "with an inhibitor": (("mitragynine", "ketoconazole"), ("ventilation_fraction",)),
    "another opioid": (("morphine",), ("ventilation_fraction", "pain_relief")),
    "all that is fitted together": (
        ("buprenorphine", "fentanyl", "morphine", "naloxone", "tramadol"),
        ("ventilation_fraction",),
    ),
}


def drawn(name: str) -> dict[str, np.ndarray]:
    given, outputs = MODELS[name]
    people = Population.of(
        system(given, outputs).build(), uncertainty_blocks=related(), seed=1, same_people=True
    )
    return people.typical_values(30)


def test_what_several_models_share_they_draw_alike():
    seen: dict[str, np.ndarray] = {}
    shared = set()
    for model in MODELS:
        for name, draws in drawn(model).items():
            assert (draws == seen.setdefault(name, draws)).all(), (model, name)
            if seen[name] is not draws and np.ptp(draws) > 0:
                shared.add(name)
    members = {name for block in related() for name in block.names}
    assert len(shared & members) > 20


def test_whole_blocks_are_the_calibrated_correlations():
    pairs, met = correlations(), 0
    for block in related():
        matrix = block.factor @ block.factor.T
        for i, one in enumerate(block.names):
            for j, other in enumerate(block.names[:i]):
                given = pairs.get((one, other), pairs.get((other, one), 0.0))
                assert matrix[i, j] == pytest.approx(given, rel=MOST_SHRINKAGE, abs=1e-6)
                met += given != 0
    assert met == len(pairs)
    assert {name for block in related() for name in block.names} <= set(estimates())
