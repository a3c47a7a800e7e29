"""A model to read, as text and as LaTeX."""

import re
from typing import TYPE_CHECKING

import sympy

from speciosa.model.records import Named, Parameter, StateEvent

if TYPE_CHECKING:
    from speciosa.model.equations import Equations


def as_text(equations: "Equations") -> str:
    """The equations in sections, one entry a line."""
    lines = [equations.name]

    def section(title: str, entries: list[str]) -> None:
        if entries:
            lines.extend(["", title, *(f"  {entry}" for entry in entries)])

    section("Parameters", [_parameter(p) for p in equations.parameters])
    section("Covariates", [f"{c.name} = {c.value:.6g} {c.unit}" for c in equations.covariates])
    section("Once a patient", [f"{d.name} = {d.expression} [{d.unit}]" for d in equations.derived])
    section("Formulas", [f"{f.name} = {f.expression} [{f.unit}]" for f in equations.formulas])
    section(
        "Rates",
        [
            f"d {state.name}/dt = {rate} [{state.unit}/h], at first {state.initial}"
            for state, rate in zip(equations.states, equations.rates, strict=True)
        ],
    )
    section("Outputs", [f"{o.name} = {o.expression} [{o.unit}]" for o in equations.outputs])
    section("Doses", [_target(equations, i) for i in range(len(equations.targets))])
    section("Events", [_event(event) for event in equations.events])
    return "\n".join(lines)


def _parameter(parameter: Parameter) -> str:
    text = f"{parameter.name} = {parameter.value:.6g} {parameter.unit}"
    if parameter.between_patient_sd:
        text += f", {parameter.distribution}, SD {parameter.between_patient_sd:.3g}"
    if parameter.uncertainty_cv:
        text += f", uncertainty {parameter.uncertainty_cv:.0%}"
    return f"{text} ({parameter.source})" if parameter.source else text


def _target(equations: "Equations", index: int) -> str:
    target = equations.targets[index]
    text = f"{target.name} ({target.unit}) -> {target.state}"
    if target.bioavailability != 1:
        text += f", bioavailability {target.bioavailability}"
    if target.lag != 0:
        text += f", lag {target.lag} h"
    if target.duration is not None:
        text += f", over {target.duration} h"
    if target.rate is not None:
        text += f", at {target.rate} per h"
    return text


def _event(event: StateEvent) -> str:
    changes = ", ".join(f"{name} = {value}" for name, value in event.then)
    text = f"{event.name}: when {event.when}, {changes}"
    if event.delay != 0:
        text += f", after {event.delay} h"
    if event.priority is not None:
        text += f", priority {event.priority}"
    if not event.persistent:
        text += ", unless the condition has ceased to hold"
    if not event.initially:
        text += ", at the start too"
    return f"{text}, worked out at the action" if event.values_from == "action" else text


def as_latex(equations: "Equations") -> str:
    """The derived quantities, formulas, rates and outputs as one ``aligned`` block."""
    groups: tuple[tuple[Named, ...], ...] = (
        equations.parameters,
        equations.covariates,
        equations.derived,
        equations.formulas,
        equations.states,
    )
    names = {
        sympy.Symbol(record.name, real=True): _latex_name(record.name)
        for group in groups
        for record in group
    }

    def tex(expression: sympy.Basic) -> str:
        return str(sympy.latex(expression, symbol_names=names))

    rows = [
        *(rf"{_latex_name(d.name)} &= {tex(d.expression)}" for d in equations.derived),
        *(rf"{_latex_name(f.name)} &= {tex(f.expression)}" for f in equations.formulas),
        *(
            rf"\frac{{\mathrm{{d}}}}{{\mathrm{{d}}t}}\,{_latex_name(state.name)} &= {tex(rate)}"
            for state, rate in zip(equations.states, equations.rates, strict=True)
        ),
        *(rf"{_latex_name(o.name)} &= {tex(o.expression)}" for o in equations.outputs),
    ]
    return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"


def _latex_name(name: str) -> str:
    if len(name) == 1:
        return name
    return r"\mathrm{" + re.sub(r"([_%#&$])", r"\\\1", name) + "}"
