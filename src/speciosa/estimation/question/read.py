"""Reads a fit file and names every fault in it, with its line."""

import math
from pathlib import Path
from typing import Any

from speciosa.delimited import text_of
from speciosa.errors import Fault, InputError, nearest
from speciosa.estimation.closed_form.arrays import LAG, F
from speciosa.estimation.question.form import Form
from speciosa.estimation.question.how import (
    read_candidates,
    read_estimation,
    read_factor,
    read_priors,
)
from speciosa.estimation.question.own_model import own_model
from speciosa.estimation.question.schema import (
    KINDS,
    MOST_NODES,
    DataFile,
    ErrorModel,
    Estimation,
    Parameter,
    Question,
)
from speciosa.estimation.question.structures import STRUCTURES, known_names, role_of
from speciosa.estimation.question.substance import substance_model
from speciosa.model import Equations
from speciosa.toml_lines import line_numbers
from speciosa.toml_text import read_toml

_FIX = 'Texts stand in quotes, as title = "Theophylline"; docs/fitting.md has an example.'
_MOST_PARAMETERS = 30


def read_fit(path: Path | str) -> Question:
    """Reads a fit file; the data set is named relative to its folder.

    Raises:
        InputError: every fault of the file.
    """
    path = Path(path)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "nothing there"
        raise InputError(Fault(str(path), "a fit file (TOML)", found))
    return parse_fit(text_of(path), path.name, path.parent)


def parse_fit(text: str, name: str = "fit", folder: Path = Path()) -> Question:
    """Reads the text of a fit file; `name` stands in messages.

    Raises:
        InputError: every fault of the text.
    """
    faults: list[Fault] = []
    top = Form(name, (), read_toml(text, name, fix=_FIX), line_numbers(text), faults)
    title = top.text("title", "")
    data = _data(top.inner("data"), folder)
    structure, equations, library = _structure(top.inner("model"), folder)
    parameters = _parameters(top.inner("parameters"), structure, equations)
    coefficients, fixed = _coefficients(top.inner("coefficients"))
    blocks, covariances = _random(top.inner("random"), parameters)
    errors = _errors(top.inner("error"), equations)
    estimation = read_estimation(top.inner("estimation"))
    priors, lkj = read_priors(top.inner("priors"), estimation, parameters, coefficients, errors)
    stepwise = top.inner("stepwise")
    candidates = read_candidates(stepwise, parameters, coefficients, estimation)
    forward = stepwise.number("forward", 0.05, low=0, high=1, above=True)
    backward = stepwise.number("backward", 0.01, low=0, high=1, above=True)
    stepwise.end()
    top.end()
    _fits(top, estimation, parameters, data, errors)
    if faults:
        raise InputError(faults)
    return Question(
        title, data, structure, equations, parameters, coefficients, fixed, blocks, covariances, errors, estimation,
        priors, lkj, candidates, forward, backward, text, library
    )  # fmt: skip


def _data(form: Form, folder: Path) -> DataFile:
    file = form.text("file")
    columns = form.inner("columns")
    rename = {}
    for standard in columns.table:
        rename[standard.upper()] = str(columns.text(standard)).upper()
    dv = form.text("dv", "")
    if dv:
        rename["DV"] = dv.upper()
    found = DataFile(
        folder / file if file else Path(),
        rename,
        tuple(form.texts("ignore")) or ("@",),
        tuple(form.texts("drop")),
        form.text("occasion", "").upper() or None,
        form.text("carry", "locf", ("locf", "nocb")) or "locf",
        form.text("repeat_ids", "refuse", ("refuse", "separate")) or "refuse",
        _compartments(form.inner("cmt")),
    )
    form.end()
    return found


def _compartments(form: Form) -> dict[int, str]:
    found = {}
    for key in form.table:
        if key.isdigit() and len(key) < 6:
            found[int(key)] = form.text(key)
        else:
            form.fault(key, "a number of CMT", key)
    return found


def _structure(form: Form, folder: Path) -> tuple[str, Equations | None, dict[str, str]]:
    form.asked.update(("file", "substance", "structure"))
    if "substance" in form.table:
        for other in ("structure", "file"):
            if other in form.table:
                form.fault(other, "a substance, a structure or a file", f"{other} beside substance")
        return "", *substance_model(form)
    if "file" in form.table:
        if "structure" in form.table:
            form.fault("structure", "a structure or a file", "both")
        text = form.text("file")
        form.end()
        return "", own_model(form, text, folder) if text else None, {}
    name: str = form.text("structure", known=tuple(STRUCTURES))
    form.end()
    return name, None, {}


def _parameters(form: Form, structure: str, equations: Equations | None) -> tuple[Parameter, ...]:
    found = []
    roles: dict[int, str] = {}
    named = STRUCTURES.get(structure)
    if len(form.table) > _MOST_PARAMETERS:
        form.faults.append(
            Fault(form.where(), f"at most {_MOST_PARAMETERS} parameters", str(len(form.table)))
        )
        return ()
    for name in form.table:
        inner = form.inner(name)
        found.append(_parameter(inner, name))
        if equations is not None:
            _in_model(form, name, equations)
        if named is None:
            continue
        role = role_of(name)
        known = known_names(named)
        if role is None or (
            role not in named.needed and known_names(named)[0] and not _optional(role)
        ):
            close = nearest(name, known)
            fix = f"Did you mean {close[0]}?" if close else ""
            form.fault(name, f"a parameter of {structure}: {', '.join(known)}", name, fix)
        elif role in roles:
            form.fault(name, "each parameter once", f"{name} beside {roles[role]}")
        else:
            roles[role] = name
    if named is not None:
        for role in named.needed:
            if role not in roles:
                wanted = known_names(named)[named.needed.index(role)]
                fix = f"Add [parameters.{wanted}] with its start."
                form.faults.append(Fault(form.where(), f"a parameter {wanted}", "none", fix))
    return tuple(found)


def _in_model(form: Form, name: str, equations: Equations) -> None:
    known = [p.name for p in equations.parameters]
    if name not in known:
        close = nearest(name, known)
        fix = f"Did you mean {close[0]}?" if close else f"Known: {', '.join(known[:20])}."
        form.fault(name, "a parameter of the model", name, fix)


def _optional(role: int) -> bool:
    return role >= F


def _parameter(form: Form, name: str) -> Parameter:
    scale = form.text("scale", "log-normal", ("log-normal", "normal", "logit-normal", "box-cox"))
    shape = 1.0
    if scale == "box-cox":
        shape = form.number("shape", low=-5.0, high=5.0) or 0.0
        if shape == 0:
            fix = 'scale = "log-normal" is what a shape of 0 would be.'
            form.fault("shape", "a number from -5 to 5 other than 0", form.table.get("shape"), fix)
            shape = 1.0
    low, high, above = -math.inf, math.inf, False
    if scale in ("log-normal", "box-cox"):
        low, above = 0.0, role_of(name) != LAG
    if scale == "logit-normal":
        low, high, above = 0.0, 1.0, True
    start = form.number("start", low=low, high=high, above=above)
    if scale == "logit-normal" and start == 1:
        form.fault("start", "a number below 1", start)
    if scale in ("log-normal", "box-cox") and start == 0:
        form.fault("start", "a number above 0", start, 'scale = "normal" lets it be 0.')
    expression = read_factor(form)
    if expression is not None and scale == "logit-normal":
        fix = "The scale of covariates of such a parameter is not settled."
        form.fault("covariates", "none with logit-normal", expression.text, fix)
    between = form.number("between", 0.0, low=0.0)
    occasion = form.number("occasion", 0.0, low=0.0)
    fixed = form.truth("fixed", False)
    held = form.truth("fixed_between", False)
    form.end()
    return Parameter(
        name, start, expression, between, occasion, scale or "log-normal", fixed, held, shape
    )


def _coefficients(form: Form) -> tuple[dict[str, float], frozenset[str]]:
    found, fixed = {}, set()
    for name, value in form.table.items():
        if isinstance(value, dict):
            inner = form.inner(name)
            found[name] = inner.number("start")
            if inner.truth("fixed", False):
                fixed.add(name)
            inner.end()
        else:
            found[name] = form.number(name)
        if not name.isidentifier():
            form.fault(name, "a name of letters, digits and _", name)
    return found, frozenset(fixed)


def _random(
    form: Form, parameters: tuple[Parameter, ...]
) -> tuple[tuple[tuple[str, ...], ...], dict[tuple[str, str], float]]:
    varying = [p.name for p in parameters if p.between > 0]
    blocks: list[tuple[str, ...]] = []
    written: Any = form.table.get("blocks", [])
    form.asked.add("blocks")
    listed = isinstance(written, list) and all(
        isinstance(b, list) and all(isinstance(n, str) for n in b) for b in written
    )
    if not listed:
        form.fault("blocks", 'lists of names, as [["CL", "V"]]', written)
        written = []
    taken: set[str] = set()
    for block in written:
        for name in block:
            if name not in varying:
                close = nearest(name, varying)
                fix = f"Did you mean {close[0]}?" if close else ""
                form.fault("blocks", "parameters with `between` above 0", name, fix)
            if name in taken:
                form.fault("blocks", "each parameter in one block", name)
            taken.add(name)
        blocks.append(tuple(block))
    held = {p.name for p in parameters if p.fixed_between}
    for block in blocks:
        if 0 < len(held & set(block)) < len(block):
            fix = "A block is fixed as a whole."
            found = f"{', '.join(sorted(held & set(block)))} alone"
            form.fault("blocks", "fixed_between of all of a block, or of none", found, fix)
    covariances = {}
    inner = form.inner("covariances")
    for key in inner.table:
        value = inner.number(key)
        one, _, other = key.partition(".")
        if not any(one in b and other in b and one != other for b in blocks):
            inner.fault(key, "two parameters of one block, as CL.V", key)
        covariances[one, other] = value
    form.end()
    _positive_definite(form, parameters, blocks, covariances)
    return tuple(blocks), covariances


def _positive_definite(
    form: Form,
    parameters: tuple[Parameter, ...],
    blocks: list[tuple[str, ...]],
    covariances: dict[tuple[str, str], float],
) -> None:
    import numpy as np

    variance = {p.name: p.between for p in parameters}
    for block in blocks:
        if not all(variance.get(name, 0) > 0 for name in block):
            continue
        matrix = np.diag([variance[name] for name in block])
        for (one, other), value in covariances.items():
            if one in block and other in block:
                i, k = block.index(one), block.index(other)
                matrix[i, k] = matrix[k, i] = value
        if np.isfinite(matrix).all() and np.linalg.eigvalsh(matrix)[0] <= 0:
            form.fault(
                "covariances",
                f"omega of {', '.join(block)} to be positive definite",
                "starts that make a correlation of 1 or more",
            )


def _errors(form: Form, equations: Equations | None) -> tuple[ErrorModel, ...]:
    found = []
    for name in form.table:
        inner = form.inner(name)
        kind = inner.text("kind", known=tuple(KINDS))
        if kind == "events" and equations is None and not form.faults:
            fix = "Its hazard is an output of a model of your own."
            inner.fault("kind", "a model with file = ... beside events", "a structure", fix)
        starts: list[float] = []
        if kind == "ordered":
            starts = inner.numbers("thresholds")
            if not starts or any(b <= a for a, b in zip(starts, starts[1:], strict=False)):
                inner.fault("thresholds", "starts of the thresholds, ascending", starts)
        for one in KINDS.get(kind, ()):
            starts.append(
                inner.number(one) if one == "exponent" else inner.number(one, low=0, above=True)
            )
        logged = inner.truth("logged", False)
        if logged and kind != "log-additive":
            inner.fault("logged", "kind log-additive beside logged", kind)
        lloq = inner.number("lloq", None)
        dvid = inner.table.get("dvid")
        inner.asked.add("dvid")
        if dvid is not None and (isinstance(dvid, bool) or not isinstance(dvid, int | float | str)):
            inner.fault("dvid", "a number or a name", dvid)
        fixed = inner.truth("fixed", False)
        output = _output(inner, name, equations, len(form.table) == 1)
        inner.end()
        found.append(ErrorModel(name, kind, tuple(starts), fixed, output, lloq, logged, dvid))
    if not form.table:
        fix = 'Add [error.plasma] with kind = "proportional" and its start.'
        form.faults.append(Fault(form.where(), "the residual model of an endpoint", "none", fix))
    return tuple(found)


def _output(form: Form, name: str, equations: Equations | None, alone: bool) -> str | None:
    """The output that an endpoint observes: as said, of its own name, or the only one there is."""
    said: str | None = form.text("output", None)
    if equations is None:
        if said is not None:
            form.fault("output", "no output beside a structure, which has one", said)
        return None
    known = equations.output_names
    wanted = said or name
    if wanted in known:
        return wanted
    if said is None and alone and len(known) == 1:
        return known[0]
    close = nearest(wanted, known)
    fix = f"Did you mean {close[0]}?" if close else "Say with output = ... which it observes."
    form.fault("output", "an output of the model: " + ", ".join(known), wanted, fix)
    return None


def _fits(
    top: Form,
    estimation: Estimation,
    parameters: tuple[Parameter, ...],
    data: DataFile,
    errors: tuple[ErrorModel, ...],
) -> None:
    """What entries say of each other."""
    if any(p.occasion > 0 for p in parameters) and data.occasion is None:
        fix = 'Add occasion = "OCC", the column that counts them.'
        top.faults.append(Fault(top.where("data"), "a column of occasions", "none", fix))
    if estimation.method in ("FO", "FOCE"):
        for error in errors:
            if error.kind in ("binary", "ordered", "poisson", "negative-binomial", "events"):
                fix = "FOCEI, LAPLACE or AGQ fit them."
                top.faults.append(
                    Fault(
                        top.where("estimation", "method"),
                        f"a method for {error.kind} observations",
                        estimation.method,
                        fix,
                    )
                )
    varying = sum(p.between > 0 for p in parameters)
    if estimation.method in ("SAEM", "NUTS") and not any(
        p.between > 0 or p.occasion > 0 for p in parameters
    ):
        fix = "LAPLACE fits a model without them."
        where = top.where("estimation", "method")
        top.faults.append(Fault(where, f"random effects beside {estimation.method}", "none", fix))
    events = [error for error in errors if error.kind == "events"]
    if events and varying and estimation.method == "FOCEI":
        fix = "LAPLACE, AGQ and IMP fit them with random effects."
        where = top.where("estimation", "method")
        top.faults.append(Fault(where, "a method for times to events", "FOCEI", fix))
    if len(events) > 1:
        top.faults.append(Fault(top.where("error"), "one endpoint of events", str(len(events))))
    if estimation.method == "AGQ" and estimation.nodes**varying > MOST_NODES:
        top.faults.append(
            Fault(
                top.where("estimation", "nodes"),
                f"at most {MOST_NODES:,} nodes in all",
                f"{estimation.nodes} in each of {varying} random effects",
            )
        )
