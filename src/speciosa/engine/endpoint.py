"""Summaries of an output over a window, computed while a patient is solved."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from speciosa.errors import Fault, nearest
from speciosa.model import Equations

EndpointKind = Literal[
    "peak",
    "time of peak",
    "trough",
    "time of trough",
    "area",
    "mean",
    "at",
    "time above",
    "time below",
]
KINDS: tuple[EndpointKind, ...] = get_args(EndpointKind)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One number a patient.

    Attributes:
        output: which output.
        kind: ``peak``, ``time of peak`` (hours), ``trough`` (the smallest value; the nadir of an effect),
            ``time of trough``, ``area`` (output unit times hours), ``mean`` (area over the length of the window),
            ``at`` (the value at `start_h`, after doses of that time), ``time above`` and ``time below`` a threshold
            (hours).
        start_h: begin of the window; the begin of follow-up where None.
        end_h: end of the window; the end of follow-up where None. Values before a dose at the end count, those after
            it do not.
        threshold: for times above and below, in the output's unit.
        name: what it is called in results; made from the rest where left out.

    Example:
        >>> Endpoint("plasma", "peak", 312, 336).label
        'plasma peak 312-336 h'
    """

    output: str
    kind: EndpointKind
    start_h: float | None = None
    end_h: float | None = None
    threshold: float = 0.0
    name: str = ""

    @property
    def label(self) -> str:
        """The name in results."""
        if self.name:
            return self.name
        text = f"{self.output} {self.kind}"
        if self.kind.startswith("time ab") or self.kind.startswith("time be"):
            text += f" {self.threshold:g}"
        if self.kind == "at":
            return f"{text} {self.start_h:g} h"
        if self.start_h is None and self.end_h is None:
            return text
        start = "start" if self.start_h is None else f"{self.start_h:g}"
        end = "end" if self.end_h is None else f"{self.end_h:g}"
        return f"{text} {start}-{end} h"


def endpoint_faults(
    endpoints: tuple[Endpoint, ...], equations: Equations, until: float
) -> Iterator[Fault]:
    """Everything wrong with a list of endpoints."""
    labels = [endpoint.label for endpoint in endpoints]
    for i, endpoint in enumerate(endpoints):
        where = f"endpoint {endpoint.label!r}"
        if endpoint.output not in equations.output_names:
            close = nearest(endpoint.output, equations.output_names) or list(equations.output_names)
            yield Fault(where, "an output", repr(endpoint.output), f"Known: {', '.join(close)}.")
        if endpoint.kind not in KINDS:
            yield Fault(where, f"one of {', '.join(KINDS)}", repr(endpoint.kind))
        numbers = [
            x for x in (endpoint.start_h, endpoint.end_h, endpoint.threshold) if x is not None
        ]
        if not all(math.isfinite(x) for x in numbers):
            yield Fault(where, "finite times and threshold", "NaN or infinity")
        elif endpoint.kind == "at":
            if endpoint.start_h is None or endpoint.start_h > until:
                yield Fault(where, f"a time up to the end, {until:g} h", str(endpoint.start_h))
        else:
            end = until if endpoint.end_h is None else endpoint.end_h
            if end > until or (endpoint.start_h is not None and endpoint.start_h >= end):
                yield Fault(
                    where, f"a window within the {until:g} h", f"{endpoint.start_h} to {end}"
                )
        if labels.index(endpoint.label) != i:
            yield Fault(where, "a name used once", "a second one", "Give it a `name`.")
