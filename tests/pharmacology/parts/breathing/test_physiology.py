"""How a person breathes at time 0 who takes opioids every day: every state by hand from what is left of the drives."""

import math

import pytest
from tests.pharmacology.parts.points import Point, point

from speciosa.model import Equations, Model
from speciosa.pharmacology.breathing.physiology import Start, overdose_physiology


def started() -> Equations:
    """Breathing alone, with a share `r` left of the chemoreflexes and a settled ventilation of `v` at time 0."""
    m = Model("start")
    r, v = m.parameter("r", 1.0, "1"), m.parameter("v", 1.0, "1")
    overdose_physiology(m, m.parameter("w", 1.0, "1"), r, start=Start(r, v))
    return m.build()


def by_hand(at: Point) -> dict[str, float]:
    """Carbon dioxide stands above rest by 1/v, oxygen of the lungs as far below what is inspired; signals follow."""
    p, v, r = at.values, at.values["v"], at.values["r"]
    carbon = 1 / v
    x = math.exp((p["rest P_a_o2"] - p["physiology P_a_o2_c"]) / p["physiology K_pc"])
    per_log = (p["physiology f_pc_max"] + p["physiology f_pc_min"] * x) / (1 + x)
    fired = p["rest firing"] + p["physiology K_fpc"] * per_log * math.log(carbon)
    felt = p["rest P_B_co2"] + p["rest P_a_co2"] * (carbon - 1)
    dissolved = p["physiology alpha_co2"] * p["rest P_A_co2"] * (carbon - 1)
    inspired = p["physiology P_I_o2"]
    found = {
        "lung PO2": inspired - (inspired - p["rest P_A_o2"]) * carbon,
        "lung PCO2": p["rest P_A_co2"] * carbon,
        "brain O2": p["rest C_B_o2"],
        "brain CO2": p["rest C_B_co2"] + dissolved,
        "tissue O2": p["rest C_T_o2"],
        "tissue CO2": p["rest C_T_co2"] + dissolved,
        "flow response to CO2": p["rest to_co2"],
        "flow response to O2": p["rest to_o2"],
        "flow remaining": 1.0,
        "peripheral drive": r * p["physiology G_Dp"] * (fired - p["physiology f_pc_0"]),
        "central drive": r * p["physiology G_Dc"] * (felt - p["physiology P_B_co2_0"]),
        "hypoxic decline": p["rest decline"],
        "time at low oxygen": 0.0,
    }
    for i in (1, 2, 3):
        found |= {f"peripheral transport {i}": fired, f"central transport {i}": felt}
    return found


@pytest.mark.parametrize("seed", [161, 162, 163])
def test_every_state_at_time_0(seed):
    at = point(started(), seed)
    expected, found = by_hand(at), at.initial
    assert set(found) == set(expected)
    for name, value in found.items():
        assert value == pytest.approx(expected[name], rel=1e-9), name


def test_a_person_at_rest_is_settled():
    """With all of both drives nothing moves: each state would need hours for its own size, seconds make no difference."""
    at = point(started(), 1, spread=0.0)
    at.states.update(at.initial)
    for name, rate in at.rates.items():
        assert abs(rate) < 0.2 * max(abs(at.states[name]), 1.0), name
