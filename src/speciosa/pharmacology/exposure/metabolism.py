"""Metabolism: first pass, the ways out of the body, and what they form.

Let f_i be the share of pathway i in the clearance CL, a_i the activity of its enzyme relative to the typical adult, and
C the concentration in plasma. With a hepatic extraction that is not negligible (F_h the share that survives the liver
at typical activity, x = 1/F_h - 1) the well-stirred liver gives, with a the mean of a_i over the liver's shares::

    flow_i = CL f_i a_i (1 + x) / (1 + a x) C              liver
    flow_i = CL f_i a_i C                                  elsewhere, and where the sheet has no first pass

A swallowed dose, or the part of another that is swallowed, which would reach plasma as J at typical activity reaches it as ::

    J (1 + y) / (1 + a_gut y) (1 + x) / (1 + a x),         y = 1/F_g - 1

No more than the whole dose can reach it: where the bioavailability F of a form is more than F_g F_h, both are raised to
one power for this form, so that what is absorbed, F / (F_g F_h), is at most 1, whatever blocks the enzymes.

In cirrhosis a share s of what comes from the gut passes the liver by, and the sinusoids get the share p of their usual flow:
x becomes x / p beside the activity, and (1 + x) / (1 + a x) of a first pass becomes (1 + x) (s + (1 - s) / (1 + a x / p)).

Metabolite k is formed at m_k flow_i, and from the dose before it circulates as p_k J / F, scaled by how much the
enzyme now takes out on the way. Source of the organ models: Pang KS, Rowland M, J Pharmacokinet Biopharm 1977;5:625,
doi:10.1007/BF01059688; Yang J et al., Curr Drug Metab 2007;8:676, doi:10.2174/138920007782109805.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy

from speciosa.facts.sheets.sheet import Pathway
from speciosa.model import Model
from speciosa.model.extremes import smaller
from speciosa.pharmacology.exposure.absorption import Inflow, Way
from speciosa.pharmacology.exposure.disposition import Body
from speciosa.pharmacology.exposure.physiology import effect_of_covariates, perfusion, portal_shunt

Activity = Callable[[str, str], sympy.Expr]
"""Activity of an enzyme (first) in an organ (second) as this substance meets it, 1 being typical."""

ONE, ZERO = sympy.Integer(1), sympy.Integer(0)


@dataclass(frozen=True)
class Clearing:
    """How one substance is cleared: the shares of its pathways and what changes them.

    Attributes:
        body: the substance.
        shares: share of the clearance by pathway; they sum to 1.
        activities: activity by pathway.
        liver: factor common to all liver pathways, 1 where extraction is negligible.
        gut: factor of the gut wall on what is swallowed.
        gut_activity: activity of the enzyme of the gut wall.
        mean_activity: activity of the liver, its pathways weighted by their shares.
    """

    body: Body
    shares: tuple[sympy.Expr, ...]
    activities: tuple[sympy.Expr, ...]
    liver: sympy.Expr
    gut: sympy.Expr
    gut_activity: sympy.Expr = ONE
    mean_activity: sympy.Expr = ONE


def labels(pathways: tuple[Pathway, ...]) -> list[str]:
    """The dotted names of the pathways of a sheet, as `Sheet.parameters` has them."""
    return [
        f"pathways.{path.enzyme}.{path.metabolite}"
        if path.metabolite
        else f"pathways.{path.enzyme}"
        for path in pathways
    ]


def clearing(m: Model, body: Body, activity: Activity, *, constant: bool) -> Clearing:
    """The activities that one substance meets, and what they make of liver and gut wall.

    Args:
        m: the model.
        body: the substance.
        activity: the activity of an enzyme in an organ as this substance meets it.
        constant: whether no activity changes in time; the factors are then computed once a patient.
    """
    paths = body.sheet.pathways
    if not paths:
        return Clearing(body, (ONE,), (ONE,), ONE, ONE)

    def once(name: str, expression: sympy.Expr) -> sympy.Expr:
        if not constant or expression.is_number:
            return expression
        return m.derived(f"{body.substance}.{name}", expression, "1")

    raw = [body.bind(f"{label}.fraction", "1") for label in labels(paths)]
    total = sum(raw, sympy.Integer(0))
    shares = tuple(
        m.derived(f"{body.substance}.share{number}", fraction / total, "1") if len(raw) > 1 else ONE
        for number, fraction in enumerate(raw, start=1)
    )
    acts = tuple(
        once(
            f"activity{number}",
            activity(path.enzyme, path.organ)
            * effect_of_covariates(m, body.sheet, f"pathways.{path.enzyme}"),
        )
        for number, path in enumerate(paths, start=1)
    )
    first = body.sheet.first_pass
    if first is None:
        return Clearing(body, shares, acts, ONE, ONE)
    mean = _in_liver(paths, shares, acts)
    gut = ONE
    if any(path.enzyme == first.gut_enzyme for path in paths):
        gut = activity(first.gut_enzyme, "gut")
    return Clearing(
        body,
        shares,
        acts,
        once("liver_factor", _survival(body.bind("first_pass.Fh", "1"), mean, perfusion(m))),
        once("gut_factor", _survival(body.bind("first_pass.Fg", "1"), gut)),
        once("gut_activity", gut),
        once("mean_activity", mean),
    )


def _in_liver(
    paths: Sequence[Pathway], shares: Sequence[sympy.Expr], acts: Sequence[sympy.Expr]
) -> sympy.Expr:
    """Mean activity of the pathways in the liver, by their shares; 1 where none is there."""
    there = [
        (share, act)
        for share, act, path in zip(shares, acts, paths, strict=True)
        if path.organ == "liver"
    ]
    if not there:
        return ONE
    weight = sum((share for share, _ in there), sympy.Integer(0))
    return sum((share * act for share, act in there), sympy.Integer(0)) / weight


# models of one substance ask for the same, and SymPy takes long over quotients of sums
@lru_cache(maxsize=1024)
def _survival(
    typical: sympy.Expr,
    activity: sympy.Expr,
    perfused: sympy.Expr = ONE,
    shunted: sympy.Expr = ZERO,
) -> sympy.Expr:
    """Share that survives an organ over the share at typical activity: (1 + x) / (1 + a x), x = 1/F - 1."""
    if activity == 1 and perfused == 1:
        return ONE
    x = 1 / typical - 1
    return (1 + x) * (shunted + (1 - shunted) / (1 + activity * x / perfused))


def eliminate(
    m: Model, state: Clearing, bodies: Mapping[str, Body], *, saturable: bool = False
) -> None:
    """Adds the ways out of plasma, and the formation of those metabolites that are in the model.

    Where `saturable`, a pathway whose sheet gives a concentration K of half saturation forms C / (1 + C/K) of it.
    """
    body = state.body
    paths = body.sheet.pathways
    change: sympy.Expr = sympy.Integer(0)
    for number, (share, act) in enumerate(zip(state.shares, state.activities, strict=True)):
        part = share * act
        if paths and paths[number].organ == "liver":
            part = part * state.liver
        if saturable and paths and paths[number].saturable is not None:
            half = body.bind(f"{labels(paths)[number]}.saturable", "nmol/L")
            part = part / (1 + body.concentration / half)
        change += part
        made = bodies.get(paths[number].metabolite or "") if paths else None
        if made is not None:
            label = labels(paths)[number]
            formed = body.bind(f"{label}.formed", "1") if paths[number].formed is not None else ONE
            m.add_rate(made.central, formed * body.clearance * part * body.concentration)
    m.add_rate(body.central, -body.clearance * change * body.concentration)


def enter(
    m: Model, state: Clearing, way: Way, inflow: Inflow, bodies: Mapping[str, Body], *, once: bool
) -> None:
    """Lets what was absorbed into plasma, and with it the metabolites formed on the way from what was swallowed.

    Args:
        m: the model.
        state: how the substance is cleared.
        way: by which the dose was given.
        inflow: what would reach plasma at typical activity.
        bodies: the substances in the model by name.
        once: whether no activity changes in time.
    """
    body = state.body
    if inflow.direct != 0:
        m.add_rate(body.central, inflow.direct)
    if inflow.swallowed == 0:
        return
    survives = _first_pass(m, state, inflow)
    if once and not survives.is_number:
        survives = m.derived(f"{way.target}.first_pass", survives, "1")
    m.add_rate(body.central, inflow.swallowed * survives)
    for number, path in enumerate(body.sheet.pathways):
        made = bodies.get(path.metabolite or "")
        if made is None or path.presystemic is None:
            continue
        dose = inflow.swallowed
        if not body.sheet.disposition.apparent:
            dose = dose / _all_swallowed(body, way, inflow)
        amount = body.bind(f"{labels(body.sheet.pathways)[number]}.presystemic", "1")
        m.add_rate(made.central, amount * dose * _taken_out(state, number))


def _all_swallowed(body: Body, way: Way, inflow: Inflow) -> sympy.Expr:
    """Bioavailability of what is swallowed: that of the form by mouth, else of the substance by mouth."""
    if way.route == "oral" or not body.sheet.has_route("oral"):
        return inflow.bioavailability
    entry = body.sheet.entry("oral")
    return body.bind(f"absorption.oral.{entry.form}.F", "1")


def _first_pass(m: Model, state: Clearing, inflow: Inflow) -> sympy.Expr:
    """What gut wall and liver let through of what is swallowed, over what they let through at typical activity."""
    body, first = state.body, state.body.sheet.first_pass
    if first is None:
        return ONE
    perfused, shunted = perfusion(m), portal_shunt(m)
    if state.gut_activity == 1 and state.mean_activity == 1 and perfused == 1:
        return ONE
    fg, fh = body.bind("first_pass.Fg", "1"), body.bind("first_pass.Fh", "1")
    if not body.sheet.disposition.apparent:
        needed = inflow.bioavailability * inflow.share
        needed = needed / (1 - inflow.bioavailability * (1 - inflow.share))
        power = smaller(1, sympy.log(needed) / sympy.log(fg * fh))
        fg, fh = fg**power, fh**power
    gut = _survival(fg, state.gut_activity)
    return gut * _survival(fh, state.mean_activity, perfused, shunted)


def _taken_out(state: Clearing, number: int) -> sympy.Expr:
    """What a pathway takes out before circulation over what it takes at typical activity.

    In the liver a_i (1 + x)/(1 + a x) of what arrives there. Where the gut wall has the same enzyme it takes its part
    first: 1 - F_g G of what is swallowed, G its factor. Each counts by its share of the loss at typical activity,
    1 - F_g in the gut wall and F_g (1 - F_h) in the liver.
    """
    body, path = state.body, state.body.sheet.pathways[number]
    first = body.sheet.first_pass
    liver = state.activities[number] * state.liver * state.gut
    if first is None or path.enzyme != first.gut_enzyme:
        return liver
    fg, fh = body.bind("first_pass.Fg", "1"), body.bind("first_pass.Fh", "1")
    return (1 - fg * state.gut + fg * (1 - fh) * liver) / (1 - fg * fh)
