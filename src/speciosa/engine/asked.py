"""What is observed of a simulation, and how it is solved, as objects to be used again."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal, TypeVar

from numpy.typing import ArrayLike

from speciosa.engine.choice import Method
from speciosa.engine.endpoint import Endpoint
from speciosa.errors import Fault


@dataclass(frozen=True, eq=False)
class Output:
    """What is observed; every attribute is the argument of `simulate` of that name.

    Attributes:
        times: hours of observation, ascending; or `until` and `every`.
        until: end of follow-up, as hours or text such as ``"14 d"``.
        every: observe from 0 to `until` at this interval.
        endpoints: summaries computed while solving.
        outputs: which outputs to keep trajectories of; all where left out.
        trajectories: False keeps endpoints only.
        observe: whether what is observed at the time of a dose comes after it or before it.

    Example:
        >>> from speciosa.engine import simulate
        >>> from speciosa.model import Model
        >>> m = Model("bolus")
        >>> k, a = m.parameter("k", 0.1, "1/h"), m.state("a", "mg")
        >>> m.rate(a, -k * a)
        >>> _ = m.output("amount", a, "mg")
        >>> m.dose_target("iv", a)
        >>> seen, exact = Output(times=[0, 10]), Solver("tsit5", rtol=1e-10)
        >>> simulate(m, "100 mg iv", output=seen, solver=exact)["amount"].round(3).tolist()
        [[100.0, 36.788]]
    """

    times: ArrayLike | None = None
    until: float | str | None = None
    every: float | str | None = None
    endpoints: Sequence[Endpoint] = ()
    outputs: Sequence[str] | None = None
    trajectories: bool = True
    observe: Literal["after", "before"] = "after"


@dataclass(frozen=True, eq=False)
class Solver:
    """How a simulation is solved; every attribute is the argument of `simulate` of that name.

    Attributes:
        method: the solver; chosen from the equations where ``auto``.
        rtol: errors stay below about this share of each output's peak.
        atol: absolute tolerance in the unit of each state; a share of the state's peak so far where left out.
        most_steps: a patient that needs more is reported as failed.
        max_step: the longest step, as hours or text.
    """

    method: Method = "auto"
    rtol: float = 1e-6
    atol: float | None = None
    most_steps: int = 2_000_000
    max_step: float | str | None = None


Asked = TypeVar("Asked", Output, Solver)


def one_of(name: str, given: Asked | None, short: Asked, faults: list[Fault]) -> Asked:
    """What is asked for: an object, or the arguments of `simulate` that say the same, which `short` holds; not both."""
    kind = type(short)
    if given is None:
        return short
    if not isinstance(given, kind):
        faults.append(Fault(name, f"a value of {kind.__name__}", repr(given)[:60]))
        return short
    said = [f.name for f in fields(kind) if getattr(short, f.name) is not f.default]
    if said:
        expected = f"{kind.__name__} or arguments of their own"
        faults.append(Fault(name, expected, f"both: {', '.join(said)}"))
    return given
