"""Events of SBML: each construct against values worked out by hand, and the way back."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("libsbml", reason="needs the extra exchange")

from speciosa import Model
from speciosa.engine import simulate
from speciosa.errors import ModelError
from speciosa.exchange import read_sbml, sbml_text, simulate_sbml

MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">{}</math>'
DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" '
    'version="2"><model id="m">{}</model></sbml>'
)
TIME = (
    '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time"> t </csymbol>'
)


def math(name: str, *parts: str | float) -> str:
    """An application of an operator to names, numbers and other applications."""
    said = [
        part
        if isinstance(part, str) and part.startswith("<")
        else f"<ci> {part} </ci>"
        if isinstance(part, str)
        else f"<cn> {part} </cn>"
        for part in parts
    ]
    return f"<apply><{name}/>{''.join(said)}</apply>"


def number(value: float) -> str:
    return f"<cn> {value} </cn>"


def event(
    name: str,
    when: str,
    then: dict[str, str],
    delay: str = "",
    priority: str = "",
    persistent: bool = True,
    initial: bool = True,
    at_trigger: bool = True,
) -> str:
    flags = f'initialValue="{str(initial).lower()}" persistent="{str(persistent).lower()}"'
    parts = f"<trigger {flags}>{MATH.format(when)}</trigger>"
    parts += f"<priority>{MATH.format(priority)}</priority>" if priority else ""
    parts += f"<delay>{MATH.format(delay)}</delay>" if delay else ""
    changes = "".join(
        f'<eventAssignment variable="{one}">{MATH.format(value)}</eventAssignment>'
        for one, value in then.items()
    )
    return (
        f'<event id="{name}" useValuesFromTriggerTime="{str(at_trigger).lower()}">{parts}'
        f"<listOfEventAssignments>{changes}</listOfEventAssignments></event>"
    )


def parameters(**values: float) -> str:
    listed = "".join(
        f'<parameter id="{n}" value="{v}" constant="false"/>' for n, v in values.items()
    )
    return f"<listOfParameters>{listed}</listOfParameters>"


def rates(**laws: str) -> str:
    listed = "".join(
        f'<rateRule variable="{n}">{MATH.format(v)}</rateRule>' for n, v in laws.items()
    )
    return f"<listOfRules>{listed}</listOfRules>"


def events(*listed: str) -> str:
    return f"<listOfEvents>{''.join(listed)}</listOfEvents>"


def write(folder: Path, *parts: str) -> Path:
    path = folder / "model.xml"
    path.write_text(DOCUMENT.format("".join(parts)))
    return path


def test_a_state_a_parameter_and_what_follows_from_it(tmp_path: Path) -> None:
    """x grows by k; at x = 2 it is halved and k doubled: 1 + t to t = 1, then 1 + 2 (t - 1), then from t = 1.5 by 4."""
    path = write(
        tmp_path,
        parameters(x=1, k=1),
        rates(x=math("plus", "k")),
        events(event("cut", math("geq", "x", 2.0), {"x": math("divide", "x", 2.0), "k": math("times", 2.0, "k")})),
    )  # fmt: skip
    table = simulate_sbml(path, [0.0, 0.5, 1.25, 1.6])
    assert table["x"].to_list() == pytest.approx([1, 1.5, 1.5, 1.4], abs=1e-7)
    assert table["k"].to_list() == [1, 1, 2, 4]


def test_delays_persistence_and_values_of_either_time(tmp_path: Path) -> None:
    late, growing = number(2.0), rates(x=number(1.0))
    held = math("and", math("gt", "x", 1.0), math("lt", "x", 2.0))
    path = write(
        tmp_path,
        parameters(x=0, a=0, b=0, c=0, d=0),
        growing,
        events(
            event("a_", held, {"a": math("plus", "x")}, delay=late),
            event("b_", held, {"b": math("plus", "x")}, delay=late, at_trigger=False),
            event("c_", held, {"c": number(1.0)}, delay=late, persistent=False),
            event("d_", held, {"d": number(1.0)}, delay=number(0.5), persistent=False),
        ),
    )
    table = simulate_sbml(path, [0.0, 1.4, 2.9, 3.1])
    assert table["a"].to_list() == pytest.approx([0, 0, 0, 1], abs=1e-7)
    assert table["b"].to_list() == pytest.approx([0, 0, 0, 3], abs=1e-7)
    assert table["c"].to_list() == [0, 0, 0, 0]
    assert table["d"].to_list() == [0, 0, 1, 1]


def test_priorities_that_change_and_cascades(tmp_path: Path) -> None:
    """Two add their digit, the one whose priority is larger at that moment first; a third is set off by the log itself."""
    digit = {n: {"log": math("plus", math("times", 10.0, "log"), n)} for n in (1.0, 2.0, 3.0)}
    soon = math("gt", TIME, 1.0)
    path = write(
        tmp_path,
        parameters(log=0, p=5),
        events(
            event("one", soon, digit[1.0], priority=number(3.0), at_trigger=False),
            event("two", soon, digit[2.0], priority=math("plus", "p"), at_trigger=False),
            event("three", math("eq", "log", 21.0), digit[3.0], at_trigger=False),
            event("less", math("gt", TIME, 2.0), {"p": number(1.0), "log": number(0.0)}),
        ),
    )
    assert simulate_sbml(path, [0.5, 1.5, 2.5])["log"].to_list() == [0, 213, 0]


def test_an_event_at_the_start(tmp_path: Path) -> None:
    begun = {"initial": False}
    path = write(
        tmp_path,
        parameters(x=3, y=0, z=0),
        events(
            event("y_", math("gt", "x", 1.0), {"y": number(7.0)}, **begun),
            event("z_", math("gt", "x", 1.0), {"z": number(7.0)}),
        ),
    )
    table = simulate_sbml(path, [0.0, 1.0])
    assert table["y"].to_list() == [7, 7] and table["z"].to_list() == [0, 0]


VOLUME = '<listOfCompartments><compartment id="c" spatialDimensions="3" size="0.5" constant="false"/></listOfCompartments>'


def species(amount: bool) -> str:
    only = str(amount).lower()
    return (
        '<listOfSpecies><species id="S" compartment="c" initialConcentration="2" '
        f'hasOnlySubstanceUnits="{only}" boundaryCondition="true" constant="false"/></listOfSpecies>'
    )


@pytest.mark.parametrize(
    ("amount", "both", "left"), [(False, False, 1.0), (False, True, 0.1), (True, True, 0.2)]
)
def test_volumes_that_events_change_keep_amounts(
    tmp_path: Path, amount: bool, both: bool, left: float
) -> None:
    """The volume falls from 0.5 to 0.2; what is set as a concentration is meant in the volume before."""
    then = {"c": number(0.2), **({"S": number(0.2)} if both else {})}
    path = write(
        tmp_path, VOLUME, species(amount), events(event("e", math("geq", TIME, 1.0), then))
    )
    table = simulate_sbml(path, [0.5, 1.0], variables=["c"], amounts=["S"])
    assert table["c"].to_list() == [0.5, 0.2]
    assert table["S"].to_list() == pytest.approx([1.0, left])


def test_a_concentration_with_a_rate_follows_its_volume(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        VOLUME,
        species(False),
        rates(S=number(1.0)),
        events(event("e", math("geq", TIME, 1.0), {"c": number(0.25)})),
    )
    assert simulate_sbml(path, [0.5, 1.5])["S"].to_list() == pytest.approx([2.5, 6.5])


def test_what_depends_on_a_volume_of_another_time_is_refused(tmp_path: Path) -> None:
    waiting = event("e", math("geq", TIME, 1.0), {"S": number(1.0)}, delay=number(1.0))
    with pytest.raises(ModelError, match="event e: expected volumes that stay until it acts"):
        read_sbml(write(tmp_path, VOLUME, species(False), events(waiting)))


def test_mathematics_that_events_cannot_hold_is_refused_by_its_place(tmp_path: Path) -> None:
    wrong = event("e", math("gt", "x", "nothing"), {"x": math("arctan", "x")})
    path = write(tmp_path, parameters(x=1), rates(x=number(1.0)), events(wrong))
    with pytest.raises(ModelError) as caught:
        read_sbml(path)
    assert "event e, trigger: expected a name of the model, found 'nothing'" in str(caught.value)


def test_events_are_written_and_read_back(tmp_path: Path) -> None:
    m = Model("division")
    size, growth = m.state("size", "pg", 1), m.parameter("growth", 0.1, "1/h")
    count, largest = m.state("count", "1"), m.parameter("largest", 2, "pg")
    m.rate(size, growth * size)
    m.rate(count, 0)
    m.event("division", size >= largest, {size: size / 2}, priority=1)
    m.event(
        "counted",
        size >= largest,
        {count: count + 1},
        delay=0.5,
        persistent=False,
        values_from="action",
    )
    m.event("late", (size > largest / 2) & (m.time > 3), {count: count + 10}, initially=False)
    m.output("mass", size, "pg")
    path = tmp_path / "written.xml"
    path.write_text(sbml_text(m).text)
    times = np.linspace(0, 30, 31)
    table = simulate_sbml(path, times, variables=["size", "count"])
    direct = simulate(m, "none", parameters={}, times=times, rtol=1e-8)
    m.output("count", count, "1")
    counted = simulate(m, "none", parameters={}, times=times, rtol=1e-8)["count"][0]
    assert table["size"].to_numpy() == pytest.approx(direct["mass"][0], rel=1e-6)
    assert table["count"].to_numpy() == pytest.approx(counted)
    assert counted[-1] > 10
