"""Receptors: who sits on them, how strongly they are driven, and what K is made of."""

import math
from itertools import combinations

import pytest
from tests.pharmacology.parts.effect.small import numbers, part
from tests.pharmacology.parts.points import point

from speciosa import facts
from speciosa.facts.effects import effect_parameter, ligands
from speciosa.pharmacology.effect.receptors import (
    HISTORY,
    at_equilibrium,
    habitual_opioid,
    mu_affinity,
    mu_receptor,
)

MU = ("mor_c50", "mor_ratio", "mor_k", "mor_ki")
AT_MU = sorted(name for name, held in ligands().items() if held & set(MU))
MASS = {"mg/L": 1e6, "ug/mL": 1e6, "ng/mL": 1e3, "ug/L": 1e3, "pg/mL": 1.0, "ng/L": 1.0}


def affinity(k, substance):
    """K in nmol/L by its definition: stated; C50 (T e - 1); or affinity in vitro, scaled, over what is free."""
    held = ligands()[substance]
    if "mor_k" in held:
        return k[f"{substance}.mor_k"]
    if "mor_ki" in held and not held & {"mor_c50", "mor_ratio"}:
        free = k[f"{substance}.fu"] * k[f"{substance}.kpuu"]
        return k[f"{substance}.mor_ki"] * k["kratom.scale"] / free
    if "mor_c50" in held:
        half = k[f"{substance}.mor_c50"]
    else:
        half = k[f"{substance}.mor_ratio"] * k["morphine.mor_c50"]
    return half * max(k["ventilation.reserve"] * k[f"{substance}.efficacy"] - 1, 0.2)


@pytest.mark.parametrize("substance", AT_MU)
def test_k_is_what_its_kind_of_measurement_says(substance):
    equations = part(lambda m, n, g: {"K": (mu_affinity(m, substance, n), "nmol/L")}, {"idle": "1"})
    for seed in (91, 92):
        at = point(equations, seed)
        assert at.outputs["K"] == pytest.approx(affinity(numbers(at), substance), rel=1e-9)


def test_k_stays_above_zero_where_a_draw_leaves_no_drive():
    equations = part(
        lambda m, n, g: {"K": (mu_affinity(m, "morphine", n), "nmol/L")}, {"idle": "1"}
    )
    weak = {"effects.morphine.efficacy": 0.05, "effects.ventilation.reserve": 10.0}
    at = point(equations, 93, **weak)
    assert at.outputs["K"] == pytest.approx(0.2 * numbers(at)["morphine.mor_c50"])


@pytest.mark.parametrize("substance", AT_MU)
def test_concentrations_in_mass_are_turned_into_moles(substance):
    held = ligands()[substance] & {"mor_c50", "mor_k"}
    equations = part(lambda m, n, g: {"K": (mu_affinity(m, substance, n), "nmol/L")}, {"idle": "1"})
    values = {p.name: p for p in equations.parameters}
    for name in held:
        entry = effect_parameter(f"{substance}.{name}")
        found = values[f"effects.{substance}.{name}"]
        if entry.unit in MASS and not str(found.source).startswith("calibration"):
            moles = entry.value * MASS[entry.unit] / facts.molar_mass(substance)
            assert found.value == pytest.approx(moles, rel=1e-6)


TOGETHER = [
    *combinations(("morphine", "fentanyl", "buprenorphine", "naloxone"), 3),
    ("carfentanil", "buprenorphine", "morphine"),
    ("mitragynine", "7_hydroxymitragynine"),
    ("buprenorphine",),
]


@pytest.mark.parametrize("names", TOGETHER, ids=" and ".join)
@pytest.mark.parametrize("used", [False, True])
def test_ligands_share_what_the_slow_ones_leave(names, used):
    def build(m, effects, given):
        known = {
            name: mu_affinity(m, name, effects) for name in dict.fromkeys((*names, "morphine"))
        }
        history = None
        if used:
            use = m.covariate("opioid_history", 0.0, "MME")
            opioid = habitual_opioid(m, use, known["morphine"], effects)
            history = (opioid, known["morphine"])
        found = mu_receptor(m, {n: given[n] for n in names}, known, effects, history)
        shown = {f"held {name}": (part_, "1") for name, part_ in found.occupancy.items()}
        shown |= {"total": (found.total, "1"), "s": (found.stimulus, "1")}
        return shown | {"given": (found.given, "1")}

    equations = part(build, dict.fromkeys(names, "nmol/L"))
    for seed in (94, 95):
        fraction = {n: 0.05 * seed / 94 for n in equations.state_names if "bound" in n}
        at = point(equations, seed, states=(0.1, 100.0), **fraction)
        k, x = numbers(at), at.states
        ratio = {name: x[name] / affinity(k, name) for name in names}
        efficacy = {name: k[f"{name}.efficacy"] for name in names}
        if used:
            ratio[HISTORY] = x["habitual_opioid_site"] / affinity(k, "morphine")
            efficacy[HISTORY] = k["morphine.efficacy"]
        slow = {name for name in names if "koff" in ligands()[name]}
        taken = sum(x[f"mor_bound_{name}"] for name in slow)
        fast = [name for name in ratio if name not in slow]
        held = {
            name: ratio[name] * (1 - taken) / (1 + sum(ratio[f] for f in fast)) for name in fast
        }
        free = (1 - taken) / (1 + sum(ratio[f] for f in fast))
        for name in slow:
            held[name] = x[f"mor_bound_{name}"]
            rate = k[f"{name}.koff"] * (ratio[name] * free - held[name])
            assert at.rates[f"mor_bound_{name}"] == pytest.approx(rate, rel=1e-9)
        out = at.outputs
        for name, fraction_ in held.items():
            assert out[f"held {name}"] == pytest.approx(fraction_, rel=1e-9), name
        assert out["total"] == pytest.approx(sum(held.values()), rel=1e-9)
        assert out["total"] == pytest.approx(1 - free, rel=1e-9)
        driven = {name: efficacy[name] * fraction_ for name, fraction_ in held.items()}
        assert out["s"] == pytest.approx(sum(driven.values()), rel=1e-9)
        own = sum(part_ for name, part_ in driven.items() if name != HISTORY)
        assert out["given"] == pytest.approx(own, rel=1e-9)


@pytest.mark.parametrize("mme", [0.0, 30.0, 120.0])
def test_a_habitual_opioid_wears_off_from_its_steady_level(mme):
    def build(m, effects, given):
        use = m.covariate("opioid_history", 0.0, "MME")
        found = habitual_opioid(m, use, mu_affinity(m, "morphine", effects), effects)
        return {
            "occupancy": (found.steady_occupancy, "1"),
            "stimulus": (found.steady_stimulus, "1"),
            "use": (found.use, "1"),
        }

    at = point(part(build, {"idle": "1"}), 96, opioid_history=mme)
    k = numbers(at)
    level = k["adaptation.history_concentration"] * mme
    held = level / (level + affinity(k, "morphine"))
    assert at.initial["habitual_opioid"] == pytest.approx(level, rel=1e-9)
    rate = -math.log(2) / k["adaptation.history_half_life"] * at.states["habitual_opioid"]
    assert at.rates["habitual_opioid"] == pytest.approx(rate, rel=1e-9)
    assert at.initial["habitual_opioid_site"] == pytest.approx(level, rel=1e-9)
    gap = at.states["habitual_opioid"] - at.states["habitual_opioid_site"]
    expected = k["morphine.ke0"] * gap
    assert at.rates["habitual_opioid_site"] == pytest.approx(expected, rel=1e-9)
    assert at.outputs["occupancy"] == pytest.approx(held, rel=1e-9)
    assert at.outputs["stimulus"] == pytest.approx(k["morphine.efficacy"] * held, rel=1e-9)
    assert at.outputs["use"] == pytest.approx(mme)


def test_at_equilibrium_each_holds_its_ratio_over_one_plus_all():
    found = at_equilibrium({"one": 0.5, "two": 1.5, "three": 2.0})
    assert found == pytest.approx({"one": 0.1, "two": 0.3, "three": 0.4})
