"""From a fit to a model and a population, so that what was fitted can be simulated and compared."""

import ast
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sympy

from speciosa.errors import Fault, InputError
from speciosa.estimation.question.expression import Expression
from speciosa.estimation.question.schema import Parameter
from speciosa.estimation.question.structures import ROLE_NAMES, STRUCTURES, role_of
from speciosa.model import Model
from speciosa.model.records import Distribution
from speciosa.population import Covariate, Population

if TYPE_CHECKING:
    from speciosa.estimation.result import Fit

_UNITS = {"CL": "L/h", "V": "L", "Q": "L/h", "V2": "L", "Q3": "L/h", "V3": "L", "KA": "1/h"}
_FURTHER_UNITS = {"F": "1", "LAG": "h"}
_SCALES: dict[str, Distribution] = {
    "log-normal": "lognormal",
    "normal": "normal",
    "logit-normal": "logitnormal",
}
_COMPARED = {
    ast.Lt: sympy.StrictLessThan,
    ast.LtE: sympy.LessThan,
    ast.Gt: sympy.StrictGreaterThan,
    ast.GtE: sympy.GreaterThan,
    ast.Eq: sympy.Eq,
    ast.NotEq: sympy.Ne,
}
_FUNCTIONS: dict[str, Any] = {
    "exp": sympy.exp,
    "log": sympy.log,
    "sqrt": sympy.sqrt,
    "abs": sympy.Abs,
    "sin": sympy.sin,
    "cos": sympy.cos,
    "min": sympy.Min,
    "max": sympy.Max,
}


def fitted_model(fit: "Fit") -> Model:
    """The fitted model: estimates as typical values, with their variability, correlations and uncertainty.

    Covariates of the fit file are covariates of the model, their reference the median of the subjects. Units stand for those of the
    data: doses are called mg, times hours, volumes litres. A parameter's uncertainty is its relative standard error,
    and 0 where it has none.

    Raises:
        InputError: a fit of a model of the user's own, or covariates that are texts or coefficients that change with them in a way
            that has no formula.
    """
    question = fit.question
    if question.equations is not None:
        fix = "Your own function gives it; set its values to the estimates."
        raise InputError(Fault("fit", "a fit of a structure by name", "a model of your own", fix))
    m = Model(question.title or question.structure)
    covariates = {n: m.covariate(n, value, "1") for n, value in sorted(fit.references.items())}
    own, effects = {}, {}
    for parameter in question.parameters:
        role = role_of(parameter.name)
        assert role is not None
        name = ROLE_NAMES[role]
        effects[parameter.name], own[name] = _declared(m, fit, parameter, name, covariates)
    for (one, other), value in _correlations(fit).items():
        m.correlation(effects[one], effects[other], value)
    _equations(m, STRUCTURES[question.structure].compartments, own)
    return m


def fitted_population(
    fit: "Fit", covariates: Mapping[str, Covariate] | None = None, seed: int = 0
) -> Population:
    """People as the fit describes them: variability, correlations, and uncertainty with the correlations of the estimates.

    Args:
        fit: of a structure by name.
        covariates: their distributions by name; what is left out has the median of the subjects in everybody.
        seed: of the people.
    """
    together: dict[tuple[str, str], float] = {}
    if fit.covariance is not None:
        names = [p.name for p in fit.question.parameters if p.name in fit.estimated]
        for i, one in enumerate(names):
            for other in names[:i]:
                a, b = fit.estimated.index(one), fit.estimated.index(other)
                spread = math.sqrt(fit.covariance[a, a] * fit.covariance[b, b])
                together[one, other] = float(fit.covariance[a, b] / spread)
    return Population.of(
        fitted_model(fit), covariates, uncertainty_correlations=together, seed=seed
    )


def _declared(
    m: Model, fit: "Fit", parameter: Parameter, name: str, covariates: Mapping[str, sympy.Symbol]
) -> tuple[sympy.Symbol, sympy.Expr]:
    """The parameter's symbol, and what stands for it in the equations."""
    unit = (_UNITS | _FURTHER_UNITS).get(name)
    if unit is None:
        raise InputError(
            Fault(f"parameter {parameter.name}", "no modelled rates or durations", name)
        )
    if parameter.scale == "box-cox":
        where = f"parameter {parameter.name}"
        raise InputError(Fault(where, "a log-normal, normal or logit-normal scale", "box-cox"))
    found = fit.numbers[parameter.name]
    varies = parameter.between > 0
    symbol = m.parameter(
        parameter.name,
        found.value,
        unit,
        between_patient_sd=math.sqrt(fit.numbers[f"omega2.{parameter.name}"].value)
        if varies
        else None,
        between_occasion_sd=(
            math.sqrt(fit.numbers[f"pi2.{parameter.name}"].value) if parameter.occasion > 0 else 0.0
        ),
        distribution=_SCALES[parameter.scale] if varies or parameter.occasion > 0 else None,
        uncertainty_cv=found.rse if math.isfinite(found.rse) else 0.0,
        source=f"fit by {fit.method}",
    )
    if parameter.covariates is None:
        return symbol, symbol
    factor = _formula(parameter.covariates, fit, covariates, parameter.name)
    return symbol, m.derived(f"{parameter.name} of a patient", symbol * factor, unit)


def _formula(
    expression: Expression, fit: "Fit", covariates: Mapping[str, sympy.Symbol], name: str
) -> sympy.Expr:
    if expression.texts:
        where = f"covariates of {name}"
        raise InputError(Fault(where, "numbers", "a column of text", "Write it as a number."))

    def of(node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return sympy.Float(node.value)
            case ast.Name():
                if node.id in fit.question.coefficients:
                    return sympy.Float(fit.numbers[node.id].value)
                return covariates[node.id.upper()]
            case ast.BinOp():
                x, y = of(node.left), of(node.right)
                match node.op:
                    case ast.Add():
                        return x + y
                    case ast.Sub():
                        return x - y
                    case ast.Mult():
                        return x * y
                    case ast.Div():
                        return x / y
                return x**y
            case ast.UnaryOp():
                x = of(node.operand)
                if isinstance(node.op, ast.Not):
                    return _truth(sympy.Eq(x, 0))
                return -x if isinstance(node.op, ast.USub) else x
            case ast.BoolOp():
                truths = [sympy.Ne(of(part), 0) for part in node.values]
                return _truth((sympy.And if isinstance(node.op, ast.And) else sympy.Or)(*truths))
            case ast.Compare():
                parts = [of(part) for part in (node.left, *node.comparators)]
                pairs = zip(node.ops, parts, parts[1:], strict=False)
                return _truth(sympy.And(*(_COMPARED[type(op)](x, y) for op, x, y in pairs)))
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        return _FUNCTIONS[node.func.id](*(of(part) for part in node.args))

    found: sympy.Expr = of(expression.tree)
    return found


def _truth(condition: Any) -> sympy.Expr:
    return sympy.Piecewise((1, condition), (0, True))


def in_library(fit: "Fit") -> dict[str, Any] | None:
    """Numbers of a fit of a substance of the library by their names there, for a study; None of other models.

    A parameter that covariates of the fit multiply has no place in the library, and is left out. Correlations of random effects
    stay in the fit. A number without a standard error says no uncertainty, so that the library's stays.
    """
    names = fit.question.library
    if not names:
        return None
    found = {}
    for parameter in fit.question.parameters:
        full = names.get(parameter.name)
        if full is None or parameter.covariates is not None or parameter.scale == "box-cox":
            continue
        number = fit.numbers[parameter.name]
        entry: dict[str, Any] = {
            "value": number.value,
            "distribution": _SCALES[parameter.scale],
        }
        if math.isfinite(number.rse):
            entry["uncertainty"] = number.rse
        if parameter.between > 0:
            entry["between"] = math.sqrt(fit.numbers[f"omega2.{parameter.name}"].value)
        found[full] = entry
    substance = next(iter(names.values())).partition(".")[0]
    return {"substance": substance, "method": fit.method, "parameters": found}


def _correlations(fit: "Fit") -> dict[tuple[str, str], float]:
    found = {}
    for i, one in enumerate(fit.varying):
        for k, other in enumerate(fit.varying[:i]):
            if fit.omega[i, k] != 0:
                r = fit.omega[i, k] / math.sqrt(fit.omega[i, i] * fit.omega[k, k])
                found[one, other] = float(r)
    return found


def _equations(m: Model, compartments: int, own: Mapping[str, sympy.Expr]) -> None:
    """Amounts of a structure, by its parameters."""
    entering = {"bioavailability": own.get("F", 1), "lag": own.get("LAG", 0)}
    central = m.state("central", "mg")
    out = own["CL"] / own["V"] * central
    for k, (flow, volume) in enumerate((("Q", "V2"), ("Q3", "V3"))[: compartments - 1], 1):
        deep = m.state(f"peripheral {k}", "mg")
        exchange = own[flow] * (central / own["V"] - deep / own[volume])
        m.rate(deep, exchange)
        out += exchange
    if "KA" in own:
        depot = m.state("depot", "mg")
        m.rate(depot, -own["KA"] * depot)
        m.rate(central, own["KA"] * depot - out)
        m.dose_target("oral", depot, **entering)
        m.dose_target("iv", central)
    else:
        m.rate(central, -out)
        m.dose_target("iv", central, **entering)
    m.output("plasma", central / own["V"], "mg/L")
