"""What remains of a faulty study, so that the rest of it is checked in the same pass."""

from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from speciosa.study.endpoints import definitions
from speciosa.study.question.agreement import outcomes_read
from speciosa.study.question.schema import Study

_ROUNDS = 4
_ARM = {"name": "?", "regimen": "none"}


def mend(table: dict[str, Any], error: ValidationError) -> tuple[Study | None, list[ErrorDetails]]:
    """The study with what `error` names left out or replaced by something harmless.

    Arms and criteria keep their places, so that paths of further faults lead into the file as it stands.

    Returns:
        the study, None where too little is left; and faults that only showed once the first were gone.
    """
    rest: dict[str, Any] = deepcopy(table)
    further: list[ErrorDetails] = []
    for _ in range(_ROUNDS):
        faults = error.errors(include_url=False)
        for fault in faults:
            _leave_out(rest, fault["loc"])
        # names and weights that stand in for faulty ones may contradict others without anybody's fault
        replaced = any({"arms", "criteria"} & {*fault["loc"]} for fault in faults)
        try:
            return Study.model_validate(rest), further
        except ValidationError as next_error:
            error = next_error
            if not replaced:
                further += error.errors(include_url=False)
    return None, further


def _leave_out(table: dict[str, Any], path: tuple[str | int, ...]) -> None:
    if not path:
        _loosen(table)
    elif path[0] in ("title", "question"):
        table[str(path[0])] = "?"
    elif path[0] == "arms":
        _another_arm(table, path)
    elif path[:2] == ("benefit_risk", "criteria") and len(path) > 2:
        _another_criterion(table, int(path[2]), path[3] if len(path) > 3 else None)
    elif len(path) > 1 and isinstance(table.get(str(path[0])), dict):
        table[str(path[0])].pop(path[1], None)
    else:
        table.pop(str(path[0]), None)


def _another_arm(table: dict[str, Any], path: tuple[str | int, ...]) -> None:
    """Puts something harmless for an arm or one value of it, or drops a value that it can do without."""
    arms = table.get("arms")
    if not isinstance(arms, list) or not arms or len(path) < 2:
        table["arms"] = [*arms] if isinstance(arms, list) and arms else [dict(_ARM)]
        return
    number, value = int(path[1]), path[2] if len(path) > 2 else None
    if isinstance(arms[number], dict) and value is not None:
        arms[number].pop(value, None)
        if value in _ARM:
            arms[number][value] = _ARM[str(value)]
    else:
        arms[number] = dict(_ARM)


def _another_criterion(table: dict[str, Any], number: int, value: str | int | None) -> None:
    """The same: levels that fit the outcome, another outcome that the study reads where there is none."""
    criteria = table["benefit_risk"]["criteria"]
    entry = criteria[number]
    if isinstance(entry, dict) and value not in ("outcome", "worst", "best", None):
        entry.pop(value, None)
        return
    named = [each.get("outcome") for each in criteria if isinstance(each, dict)]
    outcome = entry.get("outcome") if isinstance(entry, dict) and value != "outcome" else None
    if not isinstance(outcome, str):
        free = [name for name in outcomes_read(table) if name not in named]
        outcome = free[0] if free else "?"
        entry = criteria[number] = {}
    known = definitions().get(outcome)
    risk = known is not None and known.direction != "benefit"
    entry |= {"outcome": outcome, "worst": float(risk), "best": float(not risk)}


def _loosen(table: dict[str, Any]) -> None:
    """Undoes what entries say of each other: equal names, a reference that is no arm, an order beside weights."""
    for number, arm in enumerate(table.get("arms", ())):
        arm["name"] = f"?{number}"
    criteria = table.get("benefit_risk", {}).get("criteria", [])
    for criterion in criteria:
        criterion.pop("weight", None)
    distinct = {criterion["outcome"]: criterion for criterion in criteria}
    table["benefit_risk"] = {"criteria": criteria if len(distinct) == len(criteria) else []}
