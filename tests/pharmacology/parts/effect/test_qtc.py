"""QTc: the block of hERG by all blockers together, and what opioids do beside it."""

import pytest
from tests.pharmacology.parts.effect.small import numbers, part
from tests.pharmacology.parts.points import point

from speciosa.facts.effects import ligands
from speciosa.pharmacology.effect.qtc import qtc_change

BLOCKERS = sorted(name for name, held in ligands().items() if "herg_k" in held)


def model(names):
    def build(m, n, g):
        plasma = {name: g[name] for name in names}
        return {"ms": (qtc_change(plasma, g["acute"], n), "ms")}

    return part(build, dict.fromkeys(names, "nmol/L") | {"acute": "1"})


@pytest.mark.parametrize("names", [*((name,) for name in BLOCKERS), BLOCKERS[:3], ()])
@pytest.mark.parametrize("acute", [0.0, 0.4])
def test_change(names, acute):
    at = point(model(names), 102, states=(10.0, 1e4), acute=acute)
    k = numbers(at)
    load = sum(at.states[name] / k[f"{name}.herg_k"] for name in names)
    block = load / (1 + load)
    channels = k["heart.maximum"] * block / (k["heart.half_block"] + block)
    assert at.outputs["ms"] == pytest.approx(channels + k["heart.opioid"] * acute, rel=1e-9)


def test_complete_block_does_the_most():
    at = point(model(BLOCKERS[:1]), 103, acute=0.0, **{BLOCKERS[0]: 1e15})
    k = numbers(at)
    assert at.outputs["ms"] == pytest.approx(
        k["heart.maximum"] / (1 + k["heart.half_block"]), rel=1e-6
    )
