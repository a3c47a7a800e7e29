"""Which dose target and which output of a model a number of CMT or DVID means."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from speciosa.errors import Fault, nearest
from speciosa.exchange.nonmem.data import NonmemData
from speciosa.model import Equations


@dataclass(frozen=True, slots=True)
class Compartment:
    """What records of one compartment give.

    Attributes:
        dose: the dose target that its doses enter.
        modelled_rate: the target of records with RATE -1: one with a `rate` of its own (R1 of NONMEM).
        modelled_duration: the target of records with RATE -2: one with a `duration` of its own (D1 of NONMEM).

    Example:
        >>> Compartment("iv", modelled_duration="iv over D1").dose
        'iv'
    """

    dose: str
    modelled_rate: str | None = None
    modelled_duration: str | None = None

    def target(self, rate: float) -> str | None:
        """The target of a record with this RATE; None where none is said."""
        if rate == -1:
            return self.modelled_rate
        return self.modelled_duration if rate == -2 else self.dose


Compartments = Mapping[int, Compartment | str]


def read_compartments(
    compartments: Compartments | None, equations: Equations
) -> dict[int, Compartment]:
    """What every number of CMT means; of a model with one target, any number means it.

    Numbers without a meaning are looked up under 0, the compartment of a record that names none.
    """
    if compartments is None:
        names = tuple(dict.fromkeys(equations.target_names))
        return {0: Compartment(names[0])} if len(names) == 1 else {}
    return {
        number: Compartment(one) if isinstance(one, str) else one
        for number, one in compartments.items()
    }


def meaning(known: Mapping[int, Compartment], number: int, alone: bool) -> Compartment | None:
    """The compartment of a number; the only one there is where records or the caller name none."""
    if number in known:
        return known[number]
    return next(iter(known.values())) if alone and len(known) == 1 else None


def compartment_faults(
    data: NonmemData, known: Mapping[int, Compartment], equations: Equations, alone: bool
) -> Iterator[Fault]:
    """Doses into compartments that mean nothing, and meanings that the model does not have."""
    for number, one in known.items():
        for name in (one.dose, one.modelled_rate, one.modelled_duration):
            if name is not None and name not in equations.target_names:
                close = nearest(name, equations.target_names) or list(equations.target_names)
                fix = f"Known: {', '.join(dict.fromkeys(close))}."
                yield Fault(
                    f"compartments, {number}", "a dose target of the model", repr(name), fix
                )
    for i in data.doses.nonzero()[0]:
        number, rate = int(data.compartment[i]), float(data.rate[i])
        where = f"{data.name}, line {data.line[i]}"
        meant = meaning(known, number, alone)
        if meant is None:
            expected = f"one of {', '.join(map(str, known)) or 'none'}"
            fix = "Say with `compartments` which dose target each number means."
            yield Fault(f"{where}, CMT", expected, str(number), fix)
        elif meant.target(rate) is None:
            kind = "modelled_rate" if rate == -1 else "modelled_duration"
            fix = f"Name it as {kind} of the Compartment."
            yield Fault(f"{where}, RATE", "a rate that the model knows", f"{rate:g}", fix)
