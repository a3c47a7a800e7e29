"""The site of action follows plasma with the rate constant ke0."""

import pytest
from tests.pharmacology.parts.effect.small import numbers, part
from tests.pharmacology.parts.points import point

from speciosa.facts.effects import ligands
from speciosa.pharmacology.effect.biophase import biophase, biophases


@pytest.mark.parametrize("substance", sorted(ligands()))
def test_it_approaches_plasma_at_ke0(substance):
    def build(m, effects, given):
        return {"site": (biophase(m, substance, given["plasma"], effects), "nmol/L")}

    at = point(part(build, {"plasma": "nmol/L"}), 51)
    site, plasma = at.states[f"site_of_action_{substance}"], at.states["plasma"]
    expected = numbers(at)[f"{substance}.ke0"] * (plasma - site)
    assert at.rates[f"site_of_action_{substance}"] == pytest.approx(expected, rel=1e-9)
    assert at.initial[f"site_of_action_{substance}"] == 0.0
    assert at.outputs["site"] == site


def test_several_sites_follow_each_their_own_plasma():
    def build(m, effects, given):
        found = biophases(m, given, ("morphine", "fentanyl"), effects)
        return {name: (site, "nmol/L") for name, site in found.items()}

    equations = part(build, {"morphine": "nmol/L", "fentanyl": "nmol/L", "naloxone": "nmol/L"})
    at = point(equations, 52)
    for name in ("morphine", "fentanyl"):
        gap = at.states[name] - at.states[f"site_of_action_{name}"]
        expected = numbers(at)[f"{name}.ke0"] * gap
        assert at.rates[f"site_of_action_{name}"] == pytest.approx(expected, rel=1e-9)
    assert "site_of_action_naloxone" not in equations.state_names
