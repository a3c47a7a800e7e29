"""What remains of a faulty study, so that the rest of it is checked in the same pass."""

from copy import deepcopy
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from speciosa.study.question.schema import Study

_ROUNDS = 4
_ARM = {"name": "?", "regimen": "none"}
_CRITERION = {"outcome": "pain_relief", "worst": 0.0, "best": 1.0}


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
        _stand_in(table, path, _ARM)
    elif path[:2] == ("benefit_risk", "criteria") and len(path) > 2:
        _stand_in(table["benefit_risk"], path[1:], _CRITERION)
    elif len(path) > 1 and isinstance(table.get(str(path[0])), dict):
        table[str(path[0])].pop(path[1], None)
    else:
        table.pop(str(path[0]), None)


def _stand_in(parent: dict[str, Any], path: tuple[str | int, ...], instead: dict[str, Any]) -> None:
    """Puts something harmless for one entry of a list of tables, or drops one value that it can do without."""
    key, entries = str(path[0]), parent.get(str(path[0]))
    if not isinstance(entries, list) or not entries or len(path) < 2:
        parent[key] = [*entries] if isinstance(entries, list) and entries else [dict(instead)]
        return
    number, value = int(path[1]), path[2] if len(path) > 2 else None
    entry = entries[number]
    if isinstance(entry, dict) and value is not None and (value not in instead or key == "arms"):
        entry.pop(value, None)
        if value in instead:
            entry[value] = instead[str(value)]
    else:
        entries[number] = dict(instead)


def _loosen(table: dict[str, Any]) -> None:
    """Undoes what entries say of each other: equal names, a reference that is no arm, an order beside weights."""
    for number, arm in enumerate(table.get("arms", ())):
        arm["name"] = f"?{number}"
    criteria = table.get("benefit_risk", {}).get("criteria", [])
    for criterion in criteria:
        criterion.pop("weight", None)
    distinct = {criterion["outcome"]: criterion for criterion in criteria}
    table["benefit_risk"] = {"criteria": criteria if len(distinct) == len(criteria) else []}
