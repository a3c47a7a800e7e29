"""The parts of the effects together: what each is fed with, for substances at every target, from formulas by hand."""

import math

import pytest
from tests.pharmacology.parts.effect.small import numbers
from tests.pharmacology.parts.effect.test_receptors import affinity
from tests.pharmacology.parts.effect.test_trial_relief import chronic_left
from tests.pharmacology.parts.effect.test_ventilation import by_sedatives, left
from tests.pharmacology.parts.points import point

from speciosa.facts.effects import ligands, relievers
from speciosa.facts.sheets.relieving import CONDITIONS
from speciosa.model import Model
from speciosa.pharmacology.effect.analgesia import SHARES
from speciosa.pharmacology.effect.effects import OUTPUTS, add_effects, check
from speciosa.pharmacology.effect.receptors import HISTORY

TOGETHER = (
    ("fentanyl", "naloxone"),
    ("buprenorphine", "clonidine"),
    ("mitragynine", "7_hydroxymitragynine", "fentanyl"),
    ("morphine", "midazolam"),
    ("methadone", "lofexidine"),
    ("tramadol", "o_desmethyltramadol", "duloxetine"),
    ("paynantheine", "speciociliatine"),
    ("oxycodone", "tapentadol"),
)
ALONE = {
    "kor": ("kor_ratio", True),
    "dor": ("dor_ratio", True),
    "alpha2a": ("alpha2a_k", False),
    "serotonin_1a": ("serotonin_1a_k", False),
    "net": ("net_k", False),
    "sert": ("sert_k", False),
}
MU = {"mor_c50", "mor_ratio", "mor_k", "mor_ki"}


def asked(names):
    found = []
    for output in OUTPUTS:
        try:
            check(names, [output])
        except Exception:
            continue
        if not OUTPUTS[output].unit.startswith(("L", "mmHg", "1/min")):
            found.append(output)
    return [name for name in found if name in EXPECTED]


def build(names):
    m = Model("effects")
    plasma = {name: m.state(f"plasma {name}", "nmol/L") for name in names}
    for state in plasma.values():
        m.rate(state, 0 * state / m.parameter(f"tau {state}", 1.0, "h"))
    add_effects(m, plasma, asked(names))
    return m.build()


class Person:
    """Everything by hand at one point."""

    def __init__(self, names, at):
        self.names, self.at, self.k, self.x = names, at, numbers(at), at.states
        k, x = self.k, self.x
        self.mu = [name for name in names if ligands()[name] & MU]
        ratio = {name: self.site(name) / affinity(k, name) for name in self.mu}
        usual = x["habitual_opioid_site"]
        ratio[HISTORY] = usual / affinity(k, "morphine")
        slow = [name for name in self.mu if "koff" in ligands()[name]]
        fast = [name for name in ratio if name not in slow]
        free = 1 - sum(x[f"mor_bound_{name}"] for name in slow)
        free /= 1 + sum(ratio[name] for name in fast)
        self.held = {name: x[f"mor_bound_{name}"] for name in slow}
        self.held |= {name: ratio[name] * free for name in fast}
        self.efficacy = {
            name: k["morphine.efficacy" if name == HISTORY else f"{name}.efficacy"]
            for name in self.held
        }
        self.given = sum(self.efficacy[n] * r for n, r in self.held.items() if n != HISTORY)
        self.s = self.given + self.efficacy[HISTORY] * self.held[HISTORY]

    def site(self, name):
        return self.x[f"site_of_action_{name}"]

    def held_at(self, target):
        number, relative = ALONE[target]
        ratios = {}
        for name in self.names:
            if number in ligands()[name]:
                own = self.k[f"{name}.{number}"] * (affinity(self.k, name) if relative else 1.0)
                ratios[name] = self.site(name) / own
        whole = 1 + sum(ratios.values())
        return {name: ratio / whole for name, ratio in ratios.items()}

    def driven(self, target, without=()):
        total = 0.0
        for name, fraction in self.held_at(target).items():
            if name in without:
                continue
            own = f"{name}.efficacy" if target in {"kor", "dor"} else f"{name}.{target}_efficacy"
            total += self.k.get(own, 1.0) * fraction
        return total

    def graded(self, endpoint, stimulus):
        k = self.k
        felt = k[f"{endpoint}.reserve"] * k["person.sensitivity"] * stimulus
        felt /= 1 + k[f"{endpoint}.tolerance"] * self.x["tolerance"]
        return felt ** k[f"{endpoint}.slope"] / (1 + felt ** k[f"{endpoint}.slope"])

    def responsive(self):
        nearest = CONDITIONS[min(4, int(self.at.values["condition"] + 0.5)) - 1]
        return self.k[f"pain.responsive_{nearest}"]

    def relief(self, share):
        effect = self.graded("pain", self.given) if self.mu else 0.0
        known = relievers()
        rest = math.prod(
            1 - self.k[SHARES[t]] * self.driven(t, known)
            for t in SHARES
            if self.held_at(t).keys() - known
        )
        odds = share * effect / (1 - share * effect)
        odds *= self.k.get("pain.response.opioid", 1.0)
        return 1 - rest * chronic_left(self.at, self.names) / (1 + odds)

    # breathing

    def age(self):
        return math.exp(
            self.k["ventilation.age"] * (min(max(self.at.values["age"], 20.0), 85.0) - 35.0)
        )

    def ventilatory(self, stimulus):
        k = self.k
        return k["ventilation.reserve"] * k["person.sensitivity"] * stimulus * self.age()

    def constant(self, without=0.0, sedated=None, adapted=None, felt=None, aside=0.0):
        """Drives and D for the stimulus but for a part of it."""
        k = self.k
        special = sum(
            (k[f"{n}.wakefulness_efficacy"] - self.efficacy[n]) * self.held[n]
            for n in self.mu
            if f"{n}.wakefulness_efficacy" in k
        )
        u = self.x["breathing_tolerance"]
        rhythm = self.ventilatory(self.s - without)
        wake = self.ventilatory(self.s - without - aside + special)
        if felt is not None:
            rhythm = wake = felt
        xw, reflex = left(
            k,
            rhythm,
            wake,
            u / (1 - u) if adapted is None else adapted,
            *(self.sedated() if sedated is None else sedated),
        )
        phi = k["ventilation.wakefulness_share"]
        return xw, reflex, phi * xw + (1 - phi) * reflex

    def sedated(self):
        names = [name for name in self.names if "sedative_c50" in ligands()[name]]
        return by_sedatives(self.k, {name: self.site(name) for name in names})

    def idle(self, name):
        """What of the drive of an opioid does not count in wakefulness, where its C50 there is another."""
        k, r = self.k, self.held[name]
        share = k[f"{name}.mor_ratio"] * k["morphine.mor_c50"] / k[f"{name}.wakefulness_c50"]
        counts = share * r / (1 - r + share * r)
        return self.efficacy[name] * (r - counts)

    def breathing(self):
        alkaloids = [name for name in self.mu if f"{name}.mor_ki" in self.k]
        aside = sum(self.idle(name) for name in self.mu if f"{name}.wakefulness_c50" in self.k)
        whole = self.constant(aside=aside)[2]
        if not alkaloids:
            return whole
        part = sum(self.efficacy[name] * self.held[name] for name in alkaloids)
        others = self.constant(without=part, aside=aside)[2]
        return others + self.k["kratom.breathing"] * (whole - others)

    def usual(self):
        k = self.k
        level = k["adaptation.history_concentration"] * self.at.values["opioid_history"]
        s = k["morphine.efficacy"] * level / (level + affinity(k, "morphine"))
        gain = k["ventilation.reserve"] * k["person.sensitivity"] * s
        return self.constant(sedated=(1.0, 1.0), adapted=gain, felt=self.ventilatory(s))[2]

    def acute(self):
        r = self.x["tolerance"]
        expected = r / (1 - r) * self.age()
        before = self.constant(sedated=(1.0, 1.0), felt=expected)[2]
        return max(0.0, before - self.constant(sedated=(1.0, 1.0))[2])

    def gut(self):
        k = self.k
        ratio = {name: self.x[f"plasma {name}"] / affinity(k, name) for name in self.mu}
        whole = 1 + sum(ratio.values())
        stimulus = sum(k[f"{name}.efficacy"] * r / whole for name, r in ratio.items())
        felt = k["gut.reserve"] * k["person.sensitivity"] * stimulus
        return felt / (1 + felt)

    def probability(self, kind, hazard):
        return 1 - (1 - self.k[f"gut.{kind}_baseline"]) * math.exp(-hazard)

    def liking(self):
        k, effect = self.k, self.graded("liking", self.given)
        rush = k["liking.onset"] * max(0.0, effect - self.x["liking_memory"])
        whole = k["liking.scale"] * effect ** k["liking.power"] + rush
        return min(100.0, whole * max(0.0, 1 - k["liking.kappa"] * self.driven("kor")))

    def qtc(self):
        k = self.k
        names = [name for name in self.names if "herg_k" in ligands()[name]]
        load = sum(self.x[f"plasma {name}"] / k[f"{name}.herg_k"] for name in names)
        block = load / (1 + load)
        channels = k["heart.maximum"] * block / (k["heart.half_block"] + block)
        return channels + k["heart.opioid"] * self.acute()

    def sedation(self):
        k = self.k
        lost = 1 - self.constant()[2]
        return 1 / (1 + math.exp(k["sedation.intercept"] - k["sedation.gain"] * lost))


EXPECTED = {
    "ventilation_fraction": lambda p: p.breathing() / p.usual(),
    "pupil_diameter_mm": lambda p: (
        p.k["pupil.baseline"] * (1 - p.k["pupil.narrowing"] * p.graded("pupil", p.given))
    ),
    "mor_occupancy": lambda p: sum(p.held.values()),
    "kor_occupancy": lambda p: sum(p.held_at("kor").values()),
    "dor_occupancy": lambda p: sum(p.held_at("dor").values()),
    "alpha2a_occupancy": lambda p: sum(p.held_at("alpha2a").values()),
    "serotonin_1a_occupancy": lambda p: sum(p.held_at("serotonin_1a").values()),
    "pain_relief": lambda p: p.relief(p.responsive() if p.mu else 0.0),
    "liking_vas": lambda p: p.liking(),
    "sedation_probability": lambda p: p.sedation(),
    "nausea_probability": lambda p: p.probability(
        "nausea", p.k["gut.nausea_gain"] * p.gut() * (1 - p.x["nausea_memory"])
    ),
    "constipation_probability": lambda p: p.probability(
        "constipation", p.k["gut.constipation_gain"] * p.gut()
    ),
    "qtc_change_ms": lambda p: p.qtc(),
    "tolerance": lambda p: p.x["tolerance"],
}


@pytest.mark.parametrize("names", TOGETHER, ids=" and ".join)
@pytest.mark.parametrize("seed", [131, 132])
def test_outputs(names, seed):
    equations = build(names)
    given = {}
    for state in equations.state_names:
        if state.startswith(("plasma", "site_of_action", "habitual")):
            given[state] = 3.0 * (seed - 129) * (1 + len(state) % 7)
        elif "tolerance" in state or "bound" in state or "memory" in state:
            given[state] = 0.05 * (seed - 129) + 0.01 * (len(state) % 5)
    at = point(equations, seed, spread=0.15, states=(0.05, 0.4), **given)
    person = Person(names, at)
    found = at.outputs
    assert set(found) == set(asked(names)) and found
    for name, value in found.items():
        assert value == pytest.approx(EXPECTED[name](person), rel=1e-7, abs=1e-10), name


def test_every_output_is_compared_somewhere():
    """Withdrawal, pain after surgery and free breathing have tests of their own parts."""
    compared = {name for names in TOGETHER for name in asked(names)}
    assert compared == set(EXPECTED)
