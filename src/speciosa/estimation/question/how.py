"""How to estimate, as a fit file says it: method and its numbers, priors, and candidates of a search of covariates."""

from collections.abc import Mapping
from typing import Any

from speciosa.errors import Fault, nearest
from speciosa.estimation.question.expression import Expression, read_expression
from speciosa.estimation.question.form import Form
from speciosa.estimation.question.schema import (
    METHODS,
    Candidate,
    ErrorModel,
    Estimation,
    Parameter,
    Prior,
)


def read_estimation(form: Form) -> Estimation:
    """The method and its numbers."""
    method = form.text("method", "FOCEI", METHODS)
    found = Estimation(
        method or "FOCEI",
        form.truth("maximise", True),
        form.text("covariance", "RSR", ("R", "S", "RSR", "none")) or "RSR",
        form.number("seed", 1, low=0, whole=True),
        form.number("nodes", 9, low=1, high=101, whole=True),
        form.number("samples", 300, low=10, high=100_000, whole=True),
        form.number("n_starts", 1, low=1, high=1000, whole=True),
        form.number("bootstrap", 0, low=0, high=100_000, whole=True),
        _iterations(form),
        form.number("threads", 0, low=0, high=1000, whole=True),
        form.number("draws", 500, low=10, high=1_000_000, whole=True),
        form.number("tune", 500, low=10, high=1_000_000, whole=True),
        form.number("chains", 4, low=2, high=100, whole=True),
        tuple(form.texts("profile")),
    )
    form.end()
    return found


def _iterations(form: Form) -> tuple[int, int]:
    """Iterations of SAEM, with full steps and with falling ones."""
    form.asked.add("iterations")
    if "iterations" not in form.table:
        return Estimation().iterations
    found = form.numbers("iterations")
    if len(found) != 2 or not all(1 <= v <= 100_000 and v == int(v) for v in found):
        form.fault(
            "iterations", "two whole numbers above 0, as [200, 100]", form.table["iterations"]
        )
        return Estimation().iterations
    return int(found[0]), int(found[1])


def read_priors(
    form: Form,
    estimation: Estimation,
    parameters: tuple[Parameter, ...],
    coefficients: Mapping[str, float],
    errors: tuple[ErrorModel, ...],
) -> tuple[dict[str, Prior], float]:
    """Priors by name, and the shape of that of correlations."""
    lkj = form.number("lkj", 2.0, low=0, above=True)
    known = {p.name for p in parameters} | set(coefficients)
    known |= {name for error in errors for name in error.parameter_names}
    spreads = {f"omega2.{p.name}" for p in parameters if p.between > 0}
    spreads |= {f"pi2.{p.name}" for p in parameters if p.occasion > 0}
    found = {}
    for name in form.table:
        if name == "lkj":
            continue
        if name not in known | spreads:
            close = nearest(name, known | spreads)
            fix = f"Did you mean {close[0]}?" if close else ""
            form.fault(name, "a number of the fit, as CL or omega2.CL", name, fix)
            continue
        inner = form.inner(name)
        sd = inner.number("sd", low=0, above=True)
        mean = None if name in spreads else inner.number("mean", None)
        positive = any(p.name == name and p.scale != "normal" for p in parameters)
        if mean is not None and positive and not mean > 0:
            inner.fault("mean", "a number above 0", mean)
            mean = None
        inner.end()
        found[name] = Prior(sd, mean)
    if form.table and estimation.method != "NUTS":
        fix = "Leave the priors out, or say method = 'NUTS'."
        form.faults.append(Fault(form.where(), "method NUTS beside priors", estimation.method, fix))
    return found, lkj


def read_candidates(
    form: Form,
    parameters: tuple[Parameter, ...],
    coefficients: Mapping[str, float],
    estimation: Estimation,
) -> tuple[Candidate, ...]:
    """Effects of covariates that a stepwise search may take."""
    written: Any = form.table.get("candidates", [])
    form.asked.add("candidates")
    if not isinstance(written, list) or not all(isinstance(one, dict) for one in written):
        form.fault("candidates", "tables, each as [[stepwise.candidates]]", written)
        return ()
    if written and estimation.method in ("SAEM", "IMP", "NUTS"):
        fix = "FOCEI, LAPLACE or AGQ have an objective without chance."
        form.fault("candidates", "a method without random numbers", estimation.method, fix)
    known = {p.name for p in parameters if p.scale != "logit-normal"}
    taken, found = set(coefficients), []
    for i, one in enumerate(written):
        inner = Form(form.name, (*form.path, "candidates", i), one, form.lines, form.faults)
        parameter = inner.text("parameter", known=tuple(sorted(known)))
        expression = read_factor(inner)
        own = inner.inner("coefficients")
        starts = {name: own.number(name) for name in own.table}
        inner.end()
        if not starts or expression is None:
            fix = 'As covariates = "(WT / 70) ** size" with coefficients = { size = 0.0 }.'
            inner.fault("coefficients", "an expression and its coefficients", sorted(starts), fix)
            continue
        for name in starts:
            if name in taken or name not in expression.names:
                inner.fault("coefficients", "coefficients of this expression and no other", name)
        taken |= set(starts)
        found.append(Candidate(parameter, expression, starts))
    return tuple(found)


def read_factor(form: Form) -> Expression | None:
    """What a typical value is multiplied with; None for nothing."""
    text = form.text("covariates", "")
    if not text:
        return None
    expression, faults = read_expression(text, form.where("covariates"))
    form.faults.extend(faults)
    return expression
