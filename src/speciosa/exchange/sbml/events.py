"""Events of an SBML document as events of a `Model`.

A quantity that an event assigns is a state, though nothing else changes it. A species' name stands for an amount or a
concentration. As the reference results of SBML have it, an event sets a concentration in the volume that its compartment has
before the event; where the event changes that volume too, the amount stays and the concentration follows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from speciosa.exchange.sbml.entries import Species, each, symbol
from speciosa.model import Model


@dataclass(frozen=True)
class Words:
    """How the mathematics of a document is read: as an expression, as a condition, or as what is refused, each with its place."""

    number: Callable[[Any, str], sympy.Expr]
    truth: Callable[[Any, str], sympy.Basic]
    refuse: Callable[[str, str, str], None]


def assigned(source: Any) -> frozenset[str]:
    """What events of a document set."""
    return frozenset(
        change.getVariable()
        for event in each(source.getListOfEvents())
        for change in each(event.getListOfEventAssignments())
        if change.isSetMath()
    )


def add_events(
    model: Model, source: Any, species: Mapping[str, Species], per: sympy.Symbol, words: Words
) -> None:
    """Adds the events of a document that have a condition and set something.

    Args:
        model: with all states.
        source: the model of the document.
        species: by name.
        per: units of the document's time in an hour.
        words: read its mathematics.
    """
    for position, event in enumerate(each(source.getListOfEvents()), start=1):
        name = f"event {event.getId() or event.getName() or position}"
        trigger, delay, priority = event.getTrigger(), event.getDelay(), event.getPriority()
        values = {
            change.getVariable(): words.number(
                change.getMath(), f"{name}, assignment of {change.getVariable()}"
            )
            for change in each(event.getListOfEventAssignments())
            if change.isSetMath()
        }
        if trigger is None or not trigger.isSetMath() or not values:
            continue
        late = delay is not None and delay.isSetMath()
        urgent = priority is not None and priority.isSetMath()
        before = event.getUseValuesFromTriggerTime()
        if late and before and _moves(source, values, species):
            words.refuse(name, "volumes that stay until it acts", "one that may change meanwhile")
        model.event(
            f"{position} {name}",
            words.truth(trigger.getMath(), f"{name}, trigger"),
            _changes(source, values, species),
            delay=words.number(delay.getMath(), f"{name}, delay") / per if late else 0,
            priority=words.number(priority.getMath(), f"{name}, priority") if urgent else None,
            persistent=trigger.getPersistent(),
            initially=trigger.getInitialValue(),
            values_from="trigger" if before else "action",
        )


def _in_volumes(source: Any, species: Mapping[str, Species]) -> dict[str, Species]:
    """Species whose state is a concentration."""
    return {
        name: one
        for name, one in species.items()
        if not one.by_amount and source.getRateRuleByVariable(name) is not None
    }


def _moves(source: Any, values: Mapping[str, sympy.Expr], species: Mapping[str, Species]) -> bool:
    """Whether what an event makes of amounts depends on a volume that may change while it waits."""
    touched = [species[name] for name in values if name in species and not species[name].by_amount]
    touched += [
        one
        for one in _in_volumes(source, species).values()
        if one.source.getCompartment() in values
    ]
    return any(
        not source.getCompartment(one.source.getCompartment()).getConstant() for one in touched
    )


def _changes(
    source: Any, values: Mapping[str, sympy.Expr], species: Mapping[str, Species]
) -> Mapping[sympy.Symbol, sympy.Expr]:
    """The states behind names, and what they become."""
    found: dict[sympy.Symbol, sympy.Expr] = {}
    for name, value in values.items():
        one = species.get(name)
        if one is None:
            found[symbol(name)] = value
        else:
            by_size = not (one.ruled or one.by_amount)
            found[symbol(one.entry_name)] = value * one.size if by_size else value
    for name, one in _in_volumes(source, species).items():
        volume = one.source.getCompartment()
        if volume in values:
            own = symbol(name)
            found[own] = found.get(own, own) * one.size / values[volume]
    return found
