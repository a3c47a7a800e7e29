"""From outcome definitions to endpoints of the solver, and back to one statistic a patient."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from speciosa.engine import Endpoint
from speciosa.study.endpoints import OutcomeDefinition, Window
from speciosa.study.result import Values

_KINDS = {
    "mean": "mean",
    "fall": "mean",
    "peak": "peak",
    "rise": "peak",
    "nadir": "trough",
    "nadir_fall": "trough",
    "hours_above": "time above",
}
_FROM_BASELINE = ("fall", "rise", "nadir_fall")
_DAY_H = 24.0
_FIRST_H = 6.0


def endpoints_of(
    definitions: Sequence[OutcomeDefinition],
    substances: Sequence[str],
    stop_h: float,
    until_h: float,
) -> list[Endpoint]:
    """The endpoints that the outcomes of an arm need, and the exposures of its last day of treatment.

    Args:
        definitions: outcomes; those whose window is empty are left out.
        substances: whose exposure is read.
        stop_h: end of treatment.
        until_h: end of follow-up.
    """
    found: dict[str, Endpoint] = {}
    for definition in definitions:
        window = _window(definition.window, stop_h, until_h)
        if window is None:
            continue
        kind = _KINDS[definition.of]
        found[definition.key] = Endpoint(
            definition.output,
            kind,  # type: ignore[arg-type]
            *window,
            threshold=definition.threshold,
            name=definition.key,
        )
        if definition.of in _FROM_BASELINE or definition.responder is not None:
            name = f"baseline:{definition.output}"
            found[name] = Endpoint(definition.output, "at", 0.0, name=name)
    last_day = (max(0.0, stop_h - _DAY_H), stop_h)
    for substance in substances:
        found[f"auc:{substance}"] = Endpoint(substance, "area", *last_day, name=f"auc:{substance}")
        found[f"cmax:{substance}"] = Endpoint(
            substance, "peak", *last_day, name=f"cmax:{substance}"
        )
    return list(found.values())


def patient_values(
    found: Mapping[str, NDArray[np.float64]],
    definitions: Sequence[OutcomeDefinition],
    substances: Sequence[str],
    endpoints: Sequence[Endpoint],
) -> dict[str, Values]:
    """The statistic of each patient by outcome key, and exposures; shapes as `found`.

    A responder outcome is 1 or 0, as is one of a share; the study's outcome is then their mean.
    """
    # in an order of their own, so that a table written twice has the same columns
    requested = dict.fromkeys(endpoint.label for endpoint in endpoints)
    values: dict[str, Values] = {}
    for definition in definitions:
        if definition.key in requested:
            values[definition.key] = _statistic(definition, found).astype(np.float32)
    for name in requested:
        if name.startswith(("auc:", "cmax:")):
            values[name] = found[name].astype(np.float32)
    return values


def _statistic(
    definition: OutcomeDefinition, found: Mapping[str, NDArray[np.float64]]
) -> NDArray[np.float64]:
    raw = found[definition.key]
    known = np.isfinite(raw)
    baseline = found.get(f"baseline:{definition.output}")
    if definition.of in {"fall", "nadir_fall"} and baseline is not None:
        raw = baseline - raw
    elif definition.of == "rise" and baseline is not None:
        raw = raw - baseline
    raw = raw * definition.scale
    if definition.responder is not None and baseline is not None:
        raw = (raw >= definition.responder * baseline).astype(float)
    for side, level in (definition.share or {}).items():
        raw = (raw >= level if side == "ge" else raw < level).astype(float)
    return np.where(known, raw, np.nan)


def _window(window: Window, stop_h: float, until_h: float) -> tuple[float, float] | None:
    if window == "treatment":
        span = (0.0, stop_h)
    elif window == "first_hours":
        span = (0.0, min(_FIRST_H, until_h))
    elif window == "first_week":  # the same span for every arm, whenever its treatment ends
        span = (0.0, min(7 * _DAY_H, until_h))
    elif window == "last_day":
        span = (max(0.0, stop_h - _DAY_H), stop_h)
    elif window == "after":
        span = (stop_h, until_h)
    else:
        span = (0.0, until_h)
    return span if span[1] > span[0] else None
