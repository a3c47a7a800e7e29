"""Absorption: how a dose of one form by one route reaches plasma.

A dose D (nmol) of bioavailability F splits over parallel paths of fractions f_p. Each path is, in this order and
skipping what the sheet leaves out: a lag; release at a constant rate over a duration; first-order release k; n transit
compartments with mean time M; first-order absorption ka::

    dG/dt = in - k G          dT_1/dt = k G - r T_1 ... dT_n/dt = r T_(n-1) - r T_n        r = n / M
    dB/dt = r T_n - ka B      into plasma: ka B

More than `MOST_TRANSITS` transit compartments (n need not be whole: a gamma distribution of transit times with mean M
and variance M^2/(n+1), Savic 2007, doi:10.1007/s10928-007-9066-0) are replaced by that many behind a lag, with the
same mean and variance: r = sqrt(c (n+1)) / M, lag = M - c / r.
"""

import math
from dataclasses import dataclass

import sympy

from speciosa.facts.sheets.sheet import Absorption, Path
from speciosa.model import Model
from speciosa.model.extremes import smaller
from speciosa.pharmacology.exposure.disposition import Body
from speciosa.pharmacology.exposure.physiology import covariate, effect_of_covariates, quantity

MOST_TRANSITS = 4


@dataclass(frozen=True, slots=True)
class Way:
    """One way in: a substance by a route in a form, as the sheets name them.

    Attributes:
        substance: what is given.
        route: as in regimens.
        form: the form of the sheet's entry.
        per_kg: whether doses are amounts per kilogram of body weight.
        content_cv: how uncertain the content of the product is, as a coefficient of variation between lots.
    """

    substance: str
    route: str
    form: str = "any"
    per_kg: bool = False
    content_cv: float = 0.0

    @property
    def target(self) -> str:
        """The name of its dose target in a model."""
        kinds = (".per_kg" if self.per_kg else "") + (".lot" if self.content_cv else "")
        return f"{self.substance}.{self.route}.{self.form}{kinds}"


@dataclass(frozen=True, slots=True)
class Inflow:
    """What reaches plasma of one way in, at typical first pass; what goes straight into plasma is not part of it.

    Attributes:
        direct: by other ways than the gut, nmol/h.
        swallowed: through gut wall and liver, nmol/h.
        bioavailability: F of the form in this patient, with which both were already multiplied.
        share: of F, the part that is swallowed.
    """

    direct: sympy.Expr
    swallowed: sympy.Expr
    bioavailability: sympy.Expr
    share: sympy.Expr


def absorb(m: Model, body: Body, way: Way) -> Inflow:
    """Adds the states between a dose and plasma; returns the flows of drug which would reach plasma at typical first pass.

    `metabolism.enter` lets them in.
    """
    entry = body.sheet.entry(way.route, way.form)
    label = f"absorption.{entry.route}.{entry.form}"
    bioavailability = _bioavailability(m, body, label)
    entering = bioavailability * _per_dose(m, way)
    nothing = sympy.Integer(0)
    if not entry.paths:
        m.dose_target(way.target, body.central, bioavailability=entering)
        return Inflow(nothing, nothing, bioavailability, nothing)
    direct = swallowed = swallowed_share = nothing
    for number, share in enumerate(_shares(body, entry, label), start=1):
        path = entry.paths[number - 1]
        flow = _path(m, body, way, path, number, entering * share, label)
        if path.swallowed or way.route == "oral":
            swallowed, swallowed_share = swallowed + flow, swallowed_share + share
        else:
            direct += flow
    return Inflow(direct, swallowed, bioavailability, swallowed_share)


def _bioavailability(m: Model, body: Body, label: str) -> sympy.Expr:
    """F of a form in this patient: what a covariate such as food does to it cannot bring it above 1."""
    changes = effect_of_covariates(m, body.sheet, "F")
    changes = changes * effect_of_covariates(m, body.sheet, f"{label}.F")
    found = body.bind(f"{label}.F", "1") * changes
    if changes == 1 or body.sheet.disposition.apparent:
        return found
    return smaller(found, 1)


def _per_dose(m: Model, way: Way) -> sympy.Expr:
    """What turns the amount written in a regimen into the amount given: body weight, content of the lot."""
    amount: sympy.Expr = sympy.Integer(1)
    if way.per_kg:
        amount = amount * covariate(m, "weight") / quantity(m, "unit_weight", 1.0, "kg")
    if way.content_cv:
        name = f"{way.target}.content"
        amount = amount * m.parameter(
            name, 1.0, "1", distribution="lognormal", uncertainty_cv=way.content_cv
        )
    return amount


def _shares(body: Body, entry: Absorption, label: str) -> list[sympy.Expr]:
    """The fraction of each path; one without a fraction takes the rest."""
    stated = [
        body.bind(f"{label}.paths.{number}.fraction", "1") if path.fraction is not None else None
        for number, path in enumerate(entry.paths, start=1)
    ]
    known = sum((share for share in stated if share is not None), sympy.Integer(0))
    if None in stated:
        return [1 - known if share is None else share for share in stated]
    return [share / known for share in stated if share is not None] if len(stated) > 1 else [1]


def _path(
    m: Model, body: Body, way: Way, path: Path, number: int, share: sympy.Expr, label: str
) -> sympy.Expr:
    """One path: its dose target, its states; returns its flow into plasma, or 0 where it enters directly."""
    here = f"{label}.paths.{number}"
    bind = body.bind
    lag: sympy.Expr = bind(f"{here}.lag", "h") if path.lag is not None else sympy.Integer(0)
    duration = bind(f"{here}.duration", "h") if path.duration is not None else None
    steps: list[tuple[str, sympy.Expr]] = []
    if path.k_release is not None:
        steps.append(("depot", bind(f"{here}.k_release", "1/h")))
    if path.n_transit is not None:
        count, rate, wait = _transit(path.n_transit.value, bind(f"{here}.mtt", "h"))
        lag = lag + wait
        steps += [(f"transit{step}", rate) for step in range(1, count + 1)]
    if path.ka is not None:
        rate = bind(f"{here}.ka", "1/h") * effect_of_covariates(m, body.sheet, "ka")
        rate = rate * effect_of_covariates(m, body.sheet, f"{label}.ka")
        steps.append(("gut" if way.route == "oral" or path.swallowed else "site", rate))
    if not steps:
        m.dose_target(way.target, body.central, bioavailability=share, lag=lag, duration=duration)
        return sympy.Integer(0)
    flow: sympy.Expr = sympy.Integer(0)
    for position, (kind, rate) in enumerate(steps):
        state = m.state(f"{kind}_{way.target}_{number}", "nmol")
        if position == 0:
            m.dose_target(way.target, state, bioavailability=share, lag=lag, duration=duration)
        m.add_rate(state, flow - rate * state)
        flow = rate * state
    return flow


def _transit(n: float, mean_time: sympy.Expr) -> tuple[int, sympy.Expr, sympy.Expr]:
    """Number of transit compartments, their rate, and the lag that replaces further ones."""
    if n == int(n) and n <= MOST_TRANSITS:
        return int(n), int(n) / mean_time, sympy.Integer(0)
    count = min(MOST_TRANSITS, max(1, round(n)))
    stretch = math.sqrt(count * (n + 1))
    return count, stretch / mean_time, mean_time * (1 - count / stretch)
