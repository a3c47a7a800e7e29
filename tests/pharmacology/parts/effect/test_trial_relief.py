"""Relief known from trials: drugs of a mechanism compete, mechanisms are independent, chronic relief builds up."""

import math

import pytest
from tests.pharmacology.parts.effect.small import fractions, numbers, part

from speciosa.errors import FactError, InputError
from speciosa.facts.effects import relievers
from speciosa.facts.folders import forget
from speciosa.facts.sheets.relieving import CONDITIONS
from speciosa.pharmacology.effect.effects import check
from speciosa.pharmacology.effect.trial_relief import POPULATION, TrialRelief, answering, relieves

DRUGS = sorted(relievers())
ACUTE = [name for name in DRUGS if relieves(name, "acute")]
CHRONIC = [name for name in DRUGS if relieves(name, "chronic")]


def ratios(at, names):
    k = numbers(at)
    return {
        name: at.states[f"site_of_relief_{name}"] / k[relievers()[name].numbers["c50"]]
        for name in names
    }


def answered(at, setting, mechanism, share):
    odds = numbers(at)[f"{POPULATION[setting]}.response.{mechanism}"] * share / (1 - share)
    return odds / (1 + odds)


def by_mechanism(names):
    found = {}
    for name in names:
        found.setdefault(relievers()[name].mechanism, []).append(name)
    return found


def chronic_left(at, names):
    """The share of chronic pain that drugs known from trials leave, from the states of what has built up."""
    left = 1.0
    for mechanism, members in by_mechanism([n for n in names if n in CHRONIC]).items():
        share = sum(at.states[f"relief_built_up_{name}"] for name in members)
        left *= 1 - answered(at, "chronic", mechanism, share)
    return left


def left_by(names, setting, seed=210, **given):
    def build(m, n, g):
        return {"left": (TrialRelief(m, {name: g[name] for name in names}, n).left(setting), "1")}

    return fractions(part(build, dict.fromkeys(names, "nmol/L")), seed, **given)


@pytest.mark.parametrize(
    "names", [*((name,) for name in ACUTE), ("ibuprofen", "naproxen", "acetaminophen")]
)
def test_acute_relief_by_hand(names):
    at = left_by(names, "acute")
    k, x = numbers(at), ratios(at, names)
    left = 1.0
    for mechanism, members in by_mechanism(names).items():
        bound = 1 + sum(x[name] for name in members)
        share = sum(k[relievers()[name].numbers["acute"]] * x[name] / bound for name in members)
        left *= 1 - answered(at, "acute", mechanism, share)
    assert at.outputs["left"] == pytest.approx(left, rel=1e-9)
    for name in names:
        follows = k[relievers()[name].numbers["ke0"]]
        follows *= at.states[name] - at.states[f"site_of_relief_{name}"]
        assert at.rates[f"site_of_relief_{name}"] == pytest.approx(follows, rel=1e-9)


@pytest.mark.parametrize("condition", [1.0, 2.0, 3.0, 4.0])
@pytest.mark.parametrize("name", CHRONIC)
def test_chronic_relief_builds_up_to_that_of_the_condition(name, condition):
    at = left_by((name,), "chronic", condition=condition)
    k, x = numbers(at), ratios(at, (name,))[name]
    known = relievers()[name].numbers
    most = k[known[CONDITIONS[int(condition) - 1]]]
    built = at.states[f"relief_built_up_{name}"]
    rate = (most * x / (1 + x) - built) / k[known["builds_up"]]
    assert at.rates[f"relief_built_up_{name}"] == pytest.approx(rate, rel=1e-9)
    expected = 1 - answered(at, "chronic", relievers()[name].mechanism, built)
    assert at.outputs["left"] == pytest.approx(expected, rel=1e-9)


def test_patients_answer_in_odds():
    assert answering(0.2, 4.0) == pytest.approx(0.5)
    assert answering(0.0, 4.0) == 0.0
    assert math.isclose(answering(0.3, 1.0), 0.3)


def test_a_drug_known_from_trials_alone_has_no_other_relief():
    check(["duloxetine"], ["pain_nrs"])
    with pytest.raises(InputError, match="acute_pain_nrs of duloxetine"):
        check(["duloxetine"], ["acute_pain_nrs"])


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "sheets").mkdir()
    monkeypatch.setenv("SPECIOSA_FACTS", str(tmp_path))
    forget()
    yield tmp_path
    monkeypatch.undo()
    forget()


SHEET = """substance = "etoricoxib"
selected = "A drug from a file."
molar_mass = { value = 358.8, unit = "g/mol", guess = "formula", fixed = true }
[disposition]
compartments = 1
apparent = true
CL = { value = 3.0, unit = "L/h", guess = "label" }
V1 = { value = 80, unit = "L", guess = "label" }
fu = { value = 0.08, guess = "label", scale = "logit" }
weight_on_clearance = { value = 0.75, guess = "allometry", fixed = true }
weight_on_volume = { value = 1.0, guess = "allometry", fixed = true }
[[absorption]]
route = "oral"
F = { value = 1.0, guess = "reference", fixed = true }
paths = [{ ka = { value = 2.0, unit = "1/h", guess = "label" } }]
[relief]
"""


def test_a_new_drug_is_one_sheet_without_code(folder):
    relief = 'mechanism = "cyclooxygenase"\nc50 = { value = 0.4, unit = "mg/L", guess = "x" }\n'
    (folder / "sheets" / "etoricoxib.toml").write_text(SHEET + relief)
    forget()
    assert relievers()["etoricoxib"].numbers["acute"] == "cyclooxygenase.relief_acute"
    check(["etoricoxib"], ["pain_nrs", "acute_pain_nrs"])


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('mechanism = "new"\nc50 = { value = 1, unit = "mg/L", guess = "x" }', "neither"),
        (
            'mechanism = "new"\nc50 = { value = 1, unit = "mg/L", guess = "x" }\n'
            'acute = { value = 0.5, guess = "x" }',
            "ke0, here or of the mechanism",
        ),
        ('mechanism = "new"', "c50"),
        (
            'mechanism = "cyclooxygenase"\nc50 = { value = 1, unit = "mg/L", guess = "x" }\n'
            'acute = { value = 1.5, guess = "x" }',
            "acute is a share of the pain",
        ),
    ],
)
def test_a_part_that_does_not_hold_says_why(folder, text, found):
    (folder / "sheets" / "etoricoxib.toml").write_text(SHEET + text)
    forget()
    with pytest.raises(FactError, match=found):
        relievers()
