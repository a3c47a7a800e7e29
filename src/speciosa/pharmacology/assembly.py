"""Assembly: one model of just the parts that a question needs.

`system` takes the substances given and the outputs wanted. Plasma outputs pull in their substance and the metabolites
on the way; effect outputs pull in every substance that acts. Enzyme pools are built only where one substance of the
model changes the clearance of another that matters; without them a plasma question stays linear.

Time in hours, amounts in nmol, concentrations in nmol/L. The output ``morphine`` is total morphine in plasma.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import sympy

from speciosa.errors import Fault, InputError, nearest
from speciosa.facts.sheets.sheet import Sheet, names, sheet
from speciosa.model import Model
from speciosa.pharmacology.exposure.absorption import Inflow, Way, absorb
from speciosa.pharmacology.exposure.disposition import Body, distribute
from speciosa.pharmacology.exposure.interactions import Enzymes, Perpetrator
from speciosa.pharmacology.exposure.metabolism import clearing, eliminate, enter
from speciosa.pharmacology.exposure.physiology import flow as blood_flow
from speciosa.pharmacology.parameters import Binder


@dataclass(frozen=True, slots=True)
class Needs:
    """What a model must hold.

    Attributes:
        bodies: substances with a place in the body, parents before their metabolites.
        given: those of them that are dosed.
        acting: those that change enzymes, given or formed.
        plasma: plasma outputs wanted.
        effects: effect outputs wanted.
    """

    bodies: tuple[str, ...]
    dosed: tuple[str, ...]
    acting: tuple[str, ...]
    plasma: tuple[str, ...]
    effects: tuple[str, ...]


def system(
    substances: Sequence[str],
    outputs: Sequence[str] = (),
    *,
    ways: Sequence[Way] | None = None,
    interactions: bool = True,
    saturable: bool = False,
    calibrated: bool = True,
    dynamic_co2: bool = False,
    baseline: bool = False,
) -> Model:
    """A model of `substances` in one patient, with the outputs asked for.

    Args:
        substances: what is given, by names of model sheets.
        outputs: plasma concentrations by substance (also of metabolites) and effects by name; all plasma
            concentrations of `substances` where none is named.
        ways: which routes and forms get a dose target; all that the sheets know where left out. A target is called
            ``substance.route.form`` and takes nmol of base.
        interactions: whether substances act on each other's enzymes.
        saturable: whether the formation of metabolites that sheets call saturable levels off.
        calibrated: whether estimates of the calibration replace the numbers of the sheets.
        dynamic_co2: whether free breathing is followed second by second, with gases, blood flow and arrest, as it should be
            after an injection.
        baseline: whether effects that no substance given can have are those of no drug, instead of refused.

    Raises:
        InputError: every unknown substance, output, route or form, and effects that no substance given can have.
    """
    wanted = needs(tuple(substances), tuple(outputs), interactions, baseline)
    if ways is None:
        ways = [
            Way(name, entry.route, entry.form)
            for name in wanted.dosed
            for entry in sheet(name).absorption
        ]
    _check_ways(ways)
    ways = tuple(dict.fromkeys(ways))
    return _build(wanted, ways, saturable, calibrated, dynamic_co2, baseline)


def plasma(m: Model, substance: str) -> sympy.Expr:
    """Total concentration of a substance in plasma, nmol/L, in a model of `system`."""
    return m[f"plasma_{substance}"]


@lru_cache(maxsize=1024)
def needs(
    substances: tuple[str, ...],
    outputs: tuple[str, ...],
    interactions: bool = True,
    baseline: bool = False,
) -> Needs:
    """What a model must hold to give `outputs` after `substances`."""
    known = names()
    faults = [_unknown("substance", name, known) for name in substances if name not in known]
    if faults:
        raise InputError(faults)
    family = descendants(substances)
    effects = _effect_outputs()
    plasma_wanted = tuple(name for name in outputs if name in known) if outputs else substances
    effect_wanted = tuple(name for name in outputs if name in effects or _is_ligand_output(name))
    all_dosed = ", ".join(substances) or "nothing"
    for name in outputs:
        if name not in known and name not in effect_wanted:
            faults.append(_unknown("output", name, (*family, *effects)))
        elif name in known and name not in family:
            faults.append(
                Fault(f"output {name}", "something given or formed from it", f"only {all_dosed}")
            )
    if faults:
        raise InputError(faults)
    if effect_wanted and family and not baseline:
        _check_effects(family, effect_wanted)
    targets = set(plasma_wanted) | (set(_acting_here()) & set(family) if effect_wanted else set())
    dosed = tuple(dict.fromkeys(substances))
    kept = _on_the_way(dosed, targets)
    acting = _acting(family, kept) if interactions else ()
    kept = _on_the_way(dosed, targets | set(acting))
    bodies = tuple(name for name in family if name in kept)
    return Needs(
        bodies,
        tuple(name for name in dosed if name in kept),
        acting,
        plasma_wanted,
        effect_wanted,
    )


@lru_cache(maxsize=1024)
def descendants(substances: tuple[str, ...]) -> tuple[str, ...]:
    """Substances and all metabolites of theirs that have a sheet, parents first.

    Example:
        >>> descendants(("morphine",))[0]
        'morphine'
    """
    found: dict[str, None] = {}
    known = set(names())

    def visit(name: str, above: tuple[str, ...]) -> None:
        found.setdefault(name)
        for path in sheet(name).pathways:
            made = path.metabolite
            if made and made in known and made not in above:
                visit(made, (*above, made))

    for name in substances:
        visit(name, (name,))
    return tuple(found)


def _on_the_way(dosed: Sequence[str], targets: set[str]) -> set[str]:
    """Of what is given and formed, that which is wanted or leads to something wanted."""
    kept: set[str] = set()

    def leads(name: str, above: tuple[str, ...]) -> bool:
        below = [
            leads(path.metabolite, (*above, path.metabolite))
            for path in sheet(name).pathways
            if path.metabolite and path.metabolite in names() and path.metabolite not in above
        ]
        hit = name in targets or any(below)
        if hit:
            kept.add(name)
        return hit

    for name in dosed:
        leads(name, (name,))
    return kept


def _acting(family: Sequence[str], kept: set[str]) -> tuple[str, ...]:
    """Of what is given and formed, that which changes an enzyme of something kept, or of what does so."""
    acting: dict[str, None] = {}
    while True:
        victims = kept | set(acting)
        more = [
            name
            for name in family
            if name not in acting
            and any(_touches(sheet(name), sheet(victim)) for victim in victims)
        ]
        if not more:
            return tuple(name for name in family if name in acting)
        acting |= dict.fromkeys(more)


def _touches(perpetrator: Sheet, victim: Sheet) -> bool:
    enzymes = {path.enzyme for path in victim.pathways if path.organ in {"liver", "gut"}}
    if victim.first_pass is not None:
        enzymes.add(victim.first_pass.gut_enzyme)
    other = perpetrator.substance != victim.substance
    return any(
        entry.enzyme in enzymes and (other or entry.own) for entry in perpetrator.interactions
    )


@lru_cache(maxsize=256)
def _build(
    wanted: Needs,
    ways: tuple[Way, ...],
    saturable: bool,
    calibrated: bool,
    dynamic_co2: bool,
    baseline: bool,
) -> Model:
    m = Model(" + ".join(wanted.dosed) or "nothing given")
    bodies = {name: distribute(m, Binder(m, sheet(name), calibrated)) for name in wanted.bodies}
    arriving: dict[str, list[tuple[Way, Inflow]]] = {name: [] for name in bodies}
    for way in ways:
        if way.substance in bodies:
            arriving[way.substance].append((way, absorb(m, bodies[way.substance], way)))
    enzymes = Enzymes(
        m, {name: _perpetrator(bodies[name], arriving[name]) for name in wanted.acting}
    )
    for name, body in bodies.items():
        constant = enzymes.rest_for(body.sheet)
        state = clearing(m, body, enzymes.met_by(body.sheet), constant=constant)
        eliminate(m, state, bodies, saturable=saturable)
        for way, inflow in arriving[name]:
            enter(m, state, way, inflow, bodies, once=constant)
    concentrations = {
        name: m.formula(f"plasma_{name}", body.concentration, "nmol/L")
        for name, body in bodies.items()
    }
    for name in wanted.plasma:
        m.output(name, concentrations[name], "nmol/L")
    if wanted.effects:
        from speciosa.pharmacology.effect.effects import add_effects

        arterial = {name: concentrations[name] + _arterial(m, arriving[name]) for name in bodies}
        add_effects(
            m,
            arterial,
            wanted.effects,
            dynamic_co2=dynamic_co2,
            calibrated=calibrated,
            baseline=baseline,
        )
    if not bodies:
        # Without a drug an effect may be a plain number, but a model has something that can change.
        m.rate(m.state("no_drug", "1"), sympy.Integer(0))
    return m


def _arterial(m: Model, arriving: Iterable[tuple[Way, Inflow]]) -> sympy.Expr:
    """By how much arterial blood exceeds venous plasma while an injection passes the lungs, where its sheet has that."""
    injected = sum((i.direct for way, i in arriving if way.route == "iv"), sympy.Integer(0))
    return injected / blood_flow(m, "cardiac_output") if injected != 0 else sympy.Integer(0)


def _perpetrator(body: Body, arriving: Iterable[tuple[Way, Inflow]]) -> Perpetrator:
    swallowed = [inflow.swallowed for _, inflow in arriving]
    return Perpetrator(body, sum(swallowed, sympy.Integer(0)))


def _check_ways(ways: Iterable[Way]) -> None:
    faults = []
    for way in ways:
        known = {(entry.route, entry.form) for entry in sheet(way.substance).absorption}
        routes = sorted({route for route, _ in known})
        if way.route not in routes:
            faults.append(
                Fault(
                    f"route of {way.substance}",
                    "one of " + ", ".join(routes),
                    way.route,
                    f"The nearest that can be simulated is {way.substance} {routes[0]}."
                    if routes
                    else f"{way.substance} cannot be given, only formed.",
                )
            )
        elif (way.route, way.form) not in known and (way.route, "any") not in known:
            forms = sorted(form for route, form in known if route == way.route)
            faults.append(
                Fault(
                    f"form of {way.substance} {way.route}", "one of " + ", ".join(forms), way.form
                )
            )
    if faults:
        raise InputError(faults)


def _unknown(kind: str, name: str, known: Iterable[str]) -> Fault:
    near = nearest(name, known)
    hint = f"Did you mean {' or '.join(near)}?" if near else ""
    return Fault(
        f"{kind} {name}", "one of " + ", ".join(sorted(set(known))), "an unknown name", hint
    )


def _effect_outputs() -> tuple[str, ...]:
    from speciosa.pharmacology.effect.effects import OUTPUTS

    return tuple(OUTPUTS)


def _is_ligand_output(name: str) -> bool:
    return name.startswith(("occupancy_", "effect_site_"))


def _acting_here() -> tuple[str, ...]:
    from speciosa.pharmacology.effect.effects import acting

    return acting()


def _check_effects(family: tuple[str, ...], effects: tuple[str, ...]) -> None:
    from speciosa.pharmacology.effect.effects import check

    check(family, effects)
