"""SBML: every construct that is read against a closed form or SciPy, what is not against its refusal, and the way back."""

import math
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

pytest.importorskip("libsbml", reason="needs the extra exchange")

from speciosa import Model
from speciosa.errors import ModelError, SpeciosaError
from speciosa.exchange import read_sbml, sbml_text, simulate_sbml

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" '
    'version="2"><model id="m"{options}>{body}</model></sbml>'
)
MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">{}</math>'
UNITS = (
    '<listOfUnitDefinitions><unitDefinition id="day"><listOfUnits><unit kind="second" exponent="1" scale="0" '
    'multiplier="86400"/></listOfUnits></unitDefinition></listOfUnitDefinitions>'
)


def ci(name: str) -> str:
    return f"<ci> {name} </ci>"


def cn(value: float) -> str:
    return f"<cn> {value} </cn>"


def apply(name: str, *parts: str) -> str:
    return f"<apply><{name}/>{''.join(parts)}</apply>"


def parameter(name: str, value: float | None = None, constant: bool = True) -> str:
    given = "" if value is None else f' value="{value}"'
    return f'<parameter id="{name}"{given} constant="{str(constant).lower()}"/>'


def rule(kind: str, name: str, math_: str) -> str:
    return f'<{kind}Rule variable="{name}">{MATH.format(math_)}</{kind}Rule>'


def begin(name: str, math_: str) -> str:
    return f'<initialAssignment symbol="{name}">{MATH.format(math_)}</initialAssignment>'


def model(
    parameters: str = "",
    rules: str = "",
    begins: str = "",
    compartments: str = "",
    species: str = "",
    reactions: str = "",
    functions: str = "",
    units: str = "",
    options: str = "",
) -> str:
    parts = {
        "listOfFunctionDefinitions": functions,
        "listOfCompartments": compartments,
        "listOfSpecies": species,
        "listOfParameters": parameters,
        "listOfInitialAssignments": begins,
        "listOfRules": rules,
        "listOfReactions": reactions,
    }
    body = units + "".join(f"<{k}>{v}</{k}>" for k, v in parts.items() if v)
    return HEAD.format(options=options, body=body)


def write(folder: Path, text: str) -> Path:
    path = folder / "model.xml"
    path.write_text(text)
    return path


def species(name: str, begins: str, extra: str = "", compartment: str = "c") -> str:
    flags = {"hasOnlySubstanceUnits": "false", "boundaryCondition": "false", "constant": "false"}
    given = dict(part.split("=") for part in extra.split())
    text = " ".join(f'{key}="{value}"' for key, value in (flags | given).items())
    return f'<species id="{name}" compartment="{compartment}" {begins} {text}/>'


def reaction(name: str, law: str, uses: str = "", makes: str = "", local: str = "") -> str:
    def listed(kind: str, names: str) -> str:
        parts = "".join(
            f'<speciesReference species="{part.split("*")[-1]}" '
            f'stoichiometry="{part.split("*")[0] if "*" in part else 1}" constant="true"/>'
            for part in names.split()
        )
        return f"<listOf{kind}>{parts}</listOf{kind}>" if parts else ""

    own = f"<listOfLocalParameters>{local}</listOfLocalParameters>" if local else ""
    return (
        f'<reaction id="{name}" reversible="false">{listed("Reactants", uses)}{listed("Products", makes)}'
        f"<kineticLaw>{MATH.format(law)}{own}</kineticLaw></reaction>"
    )


C = '<compartment id="c" spatialDimensions="3" size="{}" constant="true"/>'
TIMES = np.linspace(0, 4, 9)


def test_amounts_concentrations_stoichiometry_and_local_parameters(tmp_path: Path) -> None:
    """2 A -> B at k [A] c in a volume of 4: A falls at 2 k, and what A means is its concentration."""
    law = apply("times", ci("k"), ci("A"), ci("c"))
    local = '<localParameter id="k" value="0.3"/>'
    text = model(
        compartments=C.format(4),
        species=species("A", 'initialAmount="8"') + species("B", 'initialConcentration="0.5"'),
        reactions=reaction("r", law, "2*A", "B", local),
    )
    table = simulate_sbml(write(tmp_path, text), TIMES, amounts=["A"], variables=["A", "B", "r"])
    a = 8 * np.exp(-0.6 * TIMES)
    assert np.allclose(table["A"], a, rtol=1e-6)
    assert np.allclose(table["B"], 0.5 + (8 - a) / 2 / 4, rtol=1e-6)
    assert np.allclose(table["r"], 0.3 * a, rtol=1e-6)


def test_boundary_species_conversion_factors_and_substance_units(tmp_path: Path) -> None:
    law = apply("times", ci("k"), ci("S"))
    text = model(
        parameters=parameter("k", 0.5) + parameter("f", 10),
        compartments=C.format(2),
        species=species(
            "S", 'initialAmount="3"', "boundaryCondition=true hasOnlySubstanceUnits=true"
        )
        + species("P", 'initialAmount="0"', "conversionFactor=f hasOnlySubstanceUnits=true"),
        reactions=reaction("r", law, "S", "P"),
    )
    table = simulate_sbml(write(tmp_path, text), TIMES)
    assert np.allclose(table["S"], 3)
    assert np.allclose(table["P"], 10 * 0.5 * 3 * TIMES, rtol=1e-7)
    assert simulate_sbml(tmp_path / "model.xml", TIMES, concentrations=["P"])["P"][-1] == (
        pytest.approx(30.0)
    )


def test_rules_initial_assignments_functions_and_the_clock(tmp_path: Path) -> None:
    """x' = -square(k) x + sin(t), y = 2 x, with x(0) = 3 k and k assigned from another."""
    square = (
        '<functionDefinition id="square">'
        + MATH.format(
            "<lambda><bvar><ci>z</ci></bvar>" + apply("times", ci("z"), ci("z")) + "</lambda>"
        )
        + "</functionDefinition>"
    )
    clock = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time"> t </csymbol>'
    rate = apply(
        "plus",
        apply("times", cn(-1), f"<apply>{ci('square')}{ci('k')}</apply>", ci("x")),
        apply("sin", clock),
    )
    text = model(
        functions=square,
        parameters=parameter("j", 0.7)
        + parameter("k")
        + parameter("x", constant=False)
        + parameter("y", constant=False),
        begins=begin("k", apply("plus", ci("j"), cn(0.1)))
        + begin("x", apply("times", cn(3), ci("k"))),
        rules=rule("rate", "x", rate) + rule("assignment", "y", apply("times", cn(2), ci("x"))),
    )
    table = simulate_sbml(write(tmp_path, text), TIMES)
    exact = solve_ivp(
        lambda t, x: -0.64 * x + np.sin(t), (0, 4), [2.4], t_eval=TIMES, rtol=1e-11, atol=1e-12
    ).y[0]
    assert np.allclose(table["x"], exact, rtol=1e-6)
    assert np.allclose(table["y"], 2 * exact, rtol=1e-6)


def test_piecewise_truth_as_number_and_functions_of_constants(tmp_path: Path) -> None:
    """x' is 1 while x < 1 and a fifth after; floors and arcs are taken of constants."""
    low = apply("lt", ci("x"), cn(1))
    piece = f"<piecewise><piece>{cn(1)}{low}</piece><otherwise>{cn(0.2)}</otherwise></piecewise>"
    text = model(
        parameters=parameter("p", 2.6)
        + parameter("x", 0, constant=False)
        + parameter("low", constant=False)
        + parameter("whole", constant=False)
        + parameter("angle"),
        begins=begin("angle", apply("arctan", ci("p"))),
        rules=rule("rate", "x", piece)
        + rule("assignment", "low", low)
        + rule("assignment", "whole", apply("floor", ci("p"))),
    )
    table = simulate_sbml(write(tmp_path, text), TIMES)
    assert np.allclose(table["x"], np.where(TIMES < 1, TIMES, 1 + 0.2 * (TIMES - 1)), atol=1e-6)
    assert np.allclose(table["low"].to_numpy()[[0, 1, 4]], [1, 1, 0])
    assert np.allclose(table["whole"], 2) and np.allclose(table["angle"], math.atan(2.6))


def test_a_growing_compartment_dilutes(tmp_path: Path) -> None:
    text = model(
        compartments='<compartment id="c" spatialDimensions="3" size="1" constant="false"/>',
        species=species("A", 'initialAmount="6"'),
        rules=rule("rate", "c", cn(0.5)),
    )
    table = simulate_sbml(write(tmp_path, text), TIMES)
    assert np.allclose(table["A"], 6 / (1 + 0.5 * TIMES), rtol=1e-7)


def test_a_unit_of_time_becomes_hours(tmp_path: Path) -> None:
    text = model(
        parameters=parameter("x", 1, constant=False),
        rules=rule("rate", "x", apply("times", cn(-0.5), ci("x"))),
        units=UNITS,
        options=' timeUnits="day"',
    )
    found = read_sbml(write(tmp_path, text))
    assert found.units_an_hour == pytest.approx(1 / 24)
    assert np.allclose(simulate_sbml(found, TIMES)["x"], np.exp(-0.5 * TIMES), rtol=1e-6)
    hours = found.model.build()
    assert float(hours.rates[0].subs({s: 1 for s in hours.rates[0].free_symbols})) == -0.5


X = parameter("x", 1, constant=False)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            model(parameters=X, rules=f"<algebraicRule>{MATH.format(ci('x'))}</algebraicRule>"),
            "algebraic",
        ),
        (
            model(parameters=X, rules=rule("rate", "x", apply("floor", ci("x")))),
            "floor is not a function",
        ),
        (
            model(parameters=X + parameter("u"), rules=rule("rate", "x", ci("u"))),
            "parameter u: expected a value",
        ),
        (model(parameters=X + parameter("v"), begins=begin("v", ci("v"))), "cause"),
        ("", "line"),
        ("<html/>", "line"),
        ('<?xml version="1.0"?><!DOCTYPE sbml [<!ENTITY a "b">]><sbml/>', "without entities"),
        (HEAD.format(options="", body="<a>" * 500), "deep"),
    ],
)
def test_what_cannot_be_said_is_refused_by_its_element(
    tmp_path: Path, text: str, told: str
) -> None:
    with pytest.raises(ModelError, match=told):
        read_sbml(write(tmp_path, text))


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    text = model(
        parameters=X + parameter("u"),
        rules=rule("rate", "x", apply("plus", ci("u"), ci("x")))
        + f"<algebraicRule>{MATH.format(ci('x'))}</algebraicRule>",
    )
    with pytest.raises(ModelError) as raised:
        read_sbml(write(tmp_path, text))
    assert len(raised.value.faults) == 2


def two_compartments() -> Model:
    m = Model("two compartments, saturable")
    vmax, km, q = (
        m.parameter("Vmax", 3, "mg/h"),
        m.parameter("Km", 2, "mg"),
        m.parameter("Q/V", 0.4, "1/h"),
    )
    central = m.state("central", "mg", 10)
    depth = m.state("peripheral.1", "mg")
    flow = m.formula("flow", q * (central - depth), "mg/h")
    m.rate(central, -vmax * central / (km + central) - flow)
    m.rate(depth, flow)
    m.output("level", central / 5, "mg")
    return m


def test_what_is_written_solves_as_what_it_was_written_from(tmp_path: Path) -> None:
    from speciosa import simulate

    m = two_compartments()
    written = sbml_text(m)
    assert written.names["peripheral.1"] == "peripheral_1"
    again = simulate_sbml(write(tmp_path, written.text), TIMES)
    found = simulate(m, "none", times=TIMES, rtol=1e-8)
    assert np.allclose(again[written.names["level"]], found["level"][0], rtol=1e-7)
    assert written.text == sbml_text(m).text


def test_the_command_writes_a_table(tmp_path: Path) -> None:
    path = write(tmp_path, sbml_text(two_compartments()).text)
    out = tmp_path / "a.csv"
    command = [sys.executable, "-m", "speciosa", "simulate", str(path), "--out", str(out)]
    done = subprocess.run(
        [*command, "--times", "0:2:0.5"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    lines = out.read_text().splitlines()
    assert lines[0].startswith("time,") and [line.split(",")[0] for line in lines[1:]] == [
        "0.0", "0.5", "1.0", "1.5", "2.0",
    ]  # fmt: skip
    wrong = subprocess.run(
        [*command, "--times", "2:1:1"], capture_output=True, text=True, check=False
    )
    assert wrong.returncode == 2 and "--times" in wrong.stderr


def test_corrupted_files_are_read_or_refused(tmp_path: Path) -> None:
    """Two hundred corruptions: characters gone, doubled and strange, numbers out of bounds, elements lost."""
    whole = model(
        compartments=C.format(2),
        parameters=parameter("k", 0.5),
        species=species("A", 'initialAmount="3"') + species("B", 'initialAmount="0"'),
        reactions=reaction("r", apply("times", ci("k"), ci("A"), ci("c")), "A", "B"),
    )
    draw = random.Random(20)
    refused = 0
    for _ in range(200):
        at = draw.randrange(len(whole))
        until = at + draw.choice([1, 1, 2, 10, 60])
        put = draw.choice(["", "", "<", '"', "&", "\0", "1e999", "NaN", "-", "<ci>k</ci>", "é"])
        path = tmp_path / "corrupted.xml"
        path.write_text(whole[:at] + put + whole[until:])
        try:
            table = simulate_sbml(path, [0.0, 1.0])
        except SpeciosaError as error:
            refused += 1
            assert str(error)
        else:
            assert table.height == 2
    assert 100 < refused < 200


SUITE = os.environ.get("SPECIOSA_SBML_SUITE", "")


@pytest.mark.slow
@pytest.mark.skipif(
    not SUITE,
    reason="SPECIOSA_SBML_SUITE names no folder of semantic cases of the SBML Test Suite (LGPL)",
)
def test_no_case_of_the_suite_comes_out_wrong(
    record_property: Callable[[str, object], None],
) -> None:
    """A case is right within its own tolerances, or refused."""
    right, wrong, refused = 0, [], 0
    for folder in sorted(path.parent for path in Path(SUITE).glob("*/model.xml")):
        lines = (folder / "settings.txt").read_text().splitlines()
        wanted = dict(line.split(":", 1) for line in lines if ":" in line)
        names = {
            key: [n.strip() for n in text.split(",") if n.strip()] for key, text in wanted.items()
        }
        head, *lines = (folder / "results.csv").read_text().split("\n")
        columns = np.array([line.split(",") for line in lines if line.strip()], dtype=float).T
        rows = dict(zip([name.strip() for name in head.split(",")], columns, strict=True))
        time, *shown = rows
        try:
            table = simulate_sbml(
                folder / "model.xml",
                rows[time],
                variables=names["variables"],
                amounts=names.get("amount", ()),
                concentrations=names.get("concentration", ()),
            )
        except SpeciosaError:
            refused += 1
            continue
        near = [
            np.isclose(
                table[name], rows[name], rtol=float(wanted["relative"]),
                atol=float(wanted["absolute"]), equal_nan=True,
            ).all()
            for name in shown
        ]  # fmt: skip
        right += all(near)
        wrong += [] if all(near) else [folder.name]
    record_property("conformance", f"{right} right, {len(wrong)} wrong, {refused} refused")
    assert wrong == []
    assert right >= 910 and refused <= 25
