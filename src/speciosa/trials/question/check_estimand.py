"""Which strategies for intercurrent events an endpoint takes, so that its analysis and its true value are of one estimand."""

from collections.abc import Iterator, Mapping

from speciosa.errors import Fault
from speciosa.trials.question.check_design import Found
from speciosa.trials.question.schema import Trial
from speciosa.trials.question.words import read_summary

_UNDER = ("while on treatment", "hypothetical", "principal stratum")
_BESIDE = ("treatment policy", "principal stratum")
_ITSELF = ("treatment policy",)
_RATE = {"discontinued": _UNDER, "switch": _UNDER, "rescue": _BESIDE, "death": _UNDER}
_TO_RESCUE = {"discontinued": _UNDER, "switch": _UNDER, "rescue": _ITSELF, "death": (*_UNDER, "composite")}  # fmt: skip
_TO_STOP = {"discontinued": _ITSELF, "switch": _ITSELF, "rescue": _BESIDE, "death": (*_UNDER, "composite")}  # fmt: skip


def check_estimand(trial: Trial) -> Iterator[Found]:
    """Strategies that cannot be met: of the dead by what is measured, of rates and times by a value that they do not have."""
    said = trial.estimand.strategy
    if trial.method in ("mmrm", "imputation") and "while on treatment" in said.values():
        expected = "t test, ancova or wilcoxon, which take the last value under treatment"
        rests = (("endpoint", "summary"), ("design", "visits"), ("endpoint", "at"), ("estimand",))
        yield ("analysis", "method"), Fault("method", expected, trial.method), rests
    if said.get("death") == "treatment policy":
        expected = "another strategy: nothing is measured after death"
        yield ("estimand", "strategy"), Fault("death", expected, "treatment policy"), ()
        return
    for event, how in said.items():
        takes = _takes(trial).get(event)
        if takes is not None and how not in takes:
            expected = f"{' or '.join(takes)}, of a {trial.endpoint.summary}"
            yield ("estimand", "strategy"), Fault(event, expected, how), (("endpoint",),)


def _takes(trial: Trial) -> Mapping[str, tuple[str, ...]]:
    """The strategies that an endpoint takes by event; empty where it takes all.

    A rate counts visits under treatment, so stopping ends it; an event that is itself counted or awaited has no strategy but to be
    counted whatever happens.
    """
    kind, event = read_summary(trial.endpoint.summary).kind, trial.endpoint.event
    if kind == "rate":
        return {**_RATE, "rescue": _ITSELF} if event == "rescue" else _RATE
    if kind == "time":
        return _TO_RESCUE if event == "rescue" else _TO_STOP
    return {}
