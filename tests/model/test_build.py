"""Building a model: what is accepted, and every fault of what is not."""

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.errors import ModelError, UnknownNameError
from speciosa.model import Model, Unit
from speciosa.model.unit_check import UnitMismatch, unit_of


def oral():
    m = Model("oral")
    ka = m.parameter("ka", 1.4, "1/h", between_patient_cv=0.3, source="a paper")
    cl, v = m.parameter("CL/F", 25, "L/h"), m.parameter("V/F", 184, "L")
    gut, central = m.state("gut", "mg"), m.state("central", "mg")
    cp = m.formula("cp", central / v, "mg/L")
    m.rate(gut, -ka * gut)
    m.rate(central, ka * gut - cl * cp)
    m.output("plasma", cp, "mg/L")
    m.dose_target("oral", gut)
    return m


def messages(m):
    with pytest.raises(ModelError) as caught:
        m.build()
    return str(caught.value)


def test_a_good_model_builds():
    e = oral().build()
    assert e.state_names == ("gut", "central")
    assert e.output_names == ("plasma",)
    assert e.target_names == ("oral",)
    assert e.parameters[0].between_patient_sd == pytest.approx(np.sqrt(np.log(1.09)))
    assert e.parameters[0].distribution == "lognormal"
    assert e.parameters[1].distribution == "fixed"


def test_all_faults_at_once():
    m = Model("bad")
    x, p = m.state("x", "mg"), m.parameter("p", 2, "ug/h", between_patient_cv=-0.1)
    m.rate(x, p - x)
    m.rate(x, p)
    m.rate(sympy.Symbol("q"), p)
    m.state("y", "furlongs/x")
    m.output("o", sympy.exp(x), "1")
    m.output("z", x + sympy.Symbol("zz"), "mg")
    m.parameter("n", float("nan"), "1")
    m.parameter("p", 1, "1")
    m.parameter("neg", -1, "L", between_patient_sd=0.2)
    m.parameter("share", 1.5, "1", between_patient_sd=0.2, distribution="logitnormal")
    m.derived("d", x * 2, "mg")
    m.dose_target("oral", sympy.Symbol("xx"))
    text = messages(m)
    for part in (
        "state 'y': expected a known unit",
        "state 'y': expected a rate, found none",
        "parameter 'p', between-patient variability: expected 0 or more, found -0.1",
        "parameter 'p': expected a name used once",
        "parameter 'n': expected a finite value, found nan",
        "parameter 'neg': expected a typical value above 0",
        "parameter 'share': expected a typical value between 0 and 1",
        "rate of 'x': expected one rate, found a second one",
        "rate of 'x': expected terms whose units fit",
        "rate of 'q': expected a state of this model",
        "output 'o': expected terms whose units fit, found exp needs a dimensionless argument",
        "output 'z': expected symbols of this model, found unknown symbol 'zz'",
        "derived 'd': expected parameters, covariates and derived quantities only, found x",
        "dose target 'oral': expected a state, found xx. Did you mean x?",
    ):
        assert part in text


@pytest.mark.parametrize(
    "rate, found",
    [
        (lambda a, cl, v: -cl * a, "L*mg/h"),
        (lambda a, cl, v: -a, "mg"),
        (lambda a, cl, v: -cl / v * a / 60 * cl, "L*mg/h^2"),
    ],
)
def test_a_rate_in_another_unit_names_its_equation(rate, found):
    m = Model("wrong")
    a = m.state("a", "mg")
    cl, v = m.parameter("CL", 1, "L/h"), m.parameter("V", 1, "L")
    m.rate(a, rate(a, cl, v))
    text = messages(m)
    assert "rate of 'a': expected unit mg/h" in text
    assert found in text


def test_scale_counts_as_well_as_dimension():
    m = Model("scale")
    a = m.state("a", "ug")
    m.rate(a, m.parameter("input", 1, "mg/h"))
    assert "expected unit ug/h, found mg/h" in messages(m)


def test_bioavailability_may_convert():
    m = Model("moles")
    a = m.state("a", "nmol")
    m.rate(a, 0)
    per_mass = m.parameter("per mass", 2509.4, "nmol/mg")
    m.dose_target("oral", a, bioavailability=per_mass, unit="mg")
    m.build()
    m.dose_target("iv", a, unit="mg")
    assert "bioavailability of dose target 'iv': expected unit nmol/mg, found 1" in messages(m)


@pytest.mark.parametrize("share", [-0.5, float("nan"), float("inf"), -sympy.sqrt(2)])
def test_bioavailability_is_not_negative(share):
    m = Model("share")
    a = m.state("a", "mg")
    m.rate(a, 0)
    m.dose_target("oral", a, bioavailability=share)
    found = messages(m)
    assert "bioavailability of dose target 'oral': expected a number, 0 or more, found" in found


@pytest.mark.parametrize("share", [0, 0.5, 1.2, sympy.Rational(1, 3)])
def test_bioavailability_may_be_any_share(share):
    m = Model("share")
    a = m.state("a", "mg")
    m.rate(a, 0)
    m.dose_target("oral", a, bioavailability=share)
    assert m.build().targets[0].bioavailability == share


def test_numbers_stand_for_initial_values_and_lags():
    m = Model("numbers")
    a = m.state("a", "mmHg", initial=40)
    m.rate(a, 0)
    m.dose_target("x", a, lag=0.5, duration=2)
    e = m.build()
    assert e.states[0].initial == 40
    assert e.targets[0].lag == 0.5


def test_correlations_that_cannot_be_are_named_with_the_pair():
    m = oral()
    a, b, c = (m.parameter(name, 1, "1", between_patient_cv=0.3) for name in "abc")
    fixed = m.parameter("d", 1, "1")
    m.correlation(a, b, 0.9)
    m.correlation(b, c, 0.9)
    m.correlation(a, c, -0.9)
    assert "expected a covariance that is positive definite" in messages(m)
    m.correlation(a, fixed, 0.5)
    text = messages(m)
    assert "correlation of 'a' and 'd': expected parameters that vary between patients" in text


def test_circles_are_named():
    m = oral()
    p, q = sympy.symbols("p q", real=True)
    m.formula("p", q, "1")
    m.formula("q", p, "1")
    assert "formula 'p': expected no circle of definitions" in messages(m)


def test_symbols_made_by_hand_are_refused_with_the_way_out():
    m = oral()
    m.output("again", sympy.Symbol("gut"), "mg")
    assert "Use the symbol that the model returned" in messages(m)


def test_parts_share_a_model_under_a_prefix():
    m = Model("two")
    for name, value in (("morphine", 70), ("codeine", 90)):
        part = m.part(name)
        a = part.state("a", "mg")
        part.rate(a, -part.parameter("k", value, "1/h") * a)
        part.output("amount", a, "mg")
        part.dose_target("oral", a)
    e = m.build()
    assert e.state_names == ("morphine.a", "codeine.a")
    assert e.output_names == ("morphine.amount", "codeine.amount")
    assert e.target_names == ("morphine.oral", "codeine.oral")
    assert str(m["codeine.amount"]) == "codeine.a"


def test_include_adds_a_whole_model_and_connects_it():
    effect = Model("effect site")
    c = effect.parameter("input", 0, "mg/L")
    ce = effect.state("ce", "mg/L")
    effect.rate(ce, effect.parameter("ke0", 2, "1/h") * (c - ce))
    effect.output("ce", ce, "mg/L")
    m = oral()
    symbols = m.include(effect, "brain", connect={"input": m["cp"]})
    assert str(symbols["ce"]) == "brain.ce"
    e = m.build()
    assert e.state_names == ("gut", "central", "brain.ce")
    assert "input" not in {p.name for p in e.parameters}
    assert e.inline(e.rates[2]).has(m["central"])
    assert len(effect.build().states) == 1  # the part itself is as it was
    m.include(effect, "spine", connect={"nothing": 1})
    assert "connection 'nothing'" in messages(m)


def test_add_rate_sums_contributions():
    m = Model("sum")
    a, k = m.state("a", "mg"), m.parameter("k", 1, "1/h")
    m.add_rate(a, -k * a)
    m.add_rate(a, -2 * k * a)
    assert m.build().rates[0] == -3 * k * a


def test_lookup_of_an_unknown_name():
    with pytest.raises(UnknownNameError, match="Did you mean central"):
        oral()["centrl"]


def test_hash_is_stable_and_tells_models_apart():
    first, second = oral().build(), oral().build()
    assert first.fingerprint == second.fingerprint
    assert first == second
    changed = oral()
    changed.parameter("extra", 1, "1")
    assert changed.build().structure != first.structure


def test_hash_is_the_same_in_another_process(tmp_path):
    import subprocess
    import sys

    script = tmp_path / "model.py"
    script.write_text(
        "from speciosa.model import Model\n"
        "import sympy\n"
        "m = Model('x')\n"
        "a, b = m.state('a', '1'), m.state('b', '1')\n"
        "k, n = m.parameter('k', 2, '1/h'), m.parameter('n', 2, '1')\n"
        "m.rate(a, k * sympy.Max(a, b, 0) ** n - k * a * b)\n"
        "m.rate(b, k * sympy.Piecewise((a, a > b), (b, True)))\n"
        "print(m.build().fingerprint)\n"
    )
    runs = {
        subprocess.run(
            [sys.executable, str(script)],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PATH": ""},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(runs) == 1


def test_text_and_latex():
    e = oral().build()
    text = e.text()
    for part in (
        "ka = 1.4 1/h, lognormal, SD 0.294 (a paper)",
        "cp = central/V/F [mg/L]",
        "d gut/dt = -gut*ka [mg/h]",
        "plasma = cp [mg/L]",
        "oral (mg) -> gut",
    ):
        assert part in text
    latex = e.latex()
    assert latex.startswith("\\begin{aligned}")
    assert "\\frac{\\mathrm{d}}{\\mathrm{d}t}\\,\\mathrm{gut} &= " in latex


a, b, n = sympy.symbols("a b n", real=True)
UNITS = {a: Unit.read("mg"), b: Unit.read("mg/L"), n: Unit.read("1")}


@pytest.mark.parametrize(
    "expression, unit",
    [
        (a / b, "L"),
        (sympy.sqrt(a * a), "mg"),
        ((a / (b * sympy.sqrt(a / a))) ** 2, "L^2"),
        (sympy.Max(a, 0), "mg"),
        (sympy.Piecewise((a, a > 0), (0, True)), "mg"),
        (sympy.tanh(n) * a, "mg"),
        ((b / b + n) ** n, "1"),
        (sympy.Abs(a) + 3 * a, "mg"),
    ],
)
def test_unit_of(expression, unit):
    assert unit_of(expression, UNITS).same(Unit.read(unit))


@pytest.mark.parametrize(
    "expression",
    [a + b, sympy.exp(a), a**n, n**a, sympy.Max(a, b), sympy.gamma(n), a + 1]
    + [sympy.Piecewise((2 * a, a > b), (a, True)), sympy.Piecewise((a, a > 0), (b, True))],
)
def test_units_that_do_not_fit(expression):
    with pytest.raises(UnitMismatch):
        unit_of(expression, UNITS)


names = st.sampled_from(["mg", "L", "h", "nmol/L", "1/h", "ug/mL", "kg^0.75"])


@settings(max_examples=60, deadline=None)
@given(names, names, names)
def test_units_form_a_group(one, two, three):
    x, y, z = Unit.read(one), Unit.read(two), Unit.read(three)
    assert ((x * y) * z).same(x * (y * z))
    assert (x / x).dimensionless
    assert (x * y).same(y * x)
    assert (x * y / y).same(x)
