"""Reads a trial file and names every fault: its line, what was expected, what was found, the way out."""

from collections.abc import Mapping
from copy import deepcopy
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from speciosa.errors import Fault, StudyError, UnknownNameError
from speciosa.study.question.fitted import filled
from speciosa.study.question.read import text_of
from speciosa.study.question.schema import Fitted
from speciosa.study.question.size import cut
from speciosa.study.question.telling import faults_of, where_of
from speciosa.toml_lines import line_numbers
from speciosa.toml_text import read_toml
from speciosa.trials.question import schema
from speciosa.trials.question.check import check
from speciosa.trials.question.layout import Design
from speciosa.trials.question.schema import Trial

Place = tuple[str | int, ...]
_ROUNDS = 4
_NEEDED: Mapping[str, Any] = {
    "title": "?",
    "arms": [{"name": "?0", "regimen": "none"}, {"name": "?1", "regimen": "none"}],
    "design": {"size": 1000},
    "endpoint": {"output": "pain_nrs"},
}
_RECORDS: Mapping[str, type[BaseModel]] = {
    "population": schema.People,
    "arms": schema.Arm,
    "design": Design,
    "endpoint": schema.Measure,
    "estimand": schema.Estimand,
    "dropout": schema.DropOut,
    "adherence": schema.Adherence,
    "blinding": schema.Blinding,
    "options": schema.Option,
    "fitted": Fitted,
    "rescue": schema.Rescue,
    "switch": schema.Other,
    "course": schema.Course,
    "analysis": schema.Analysis,
    "simulation": schema.Simulation,
}


def shipped() -> tuple[str, ...]:
    """Names of the trials that ship with Speciosa."""
    found = (files("speciosa.trials") / "shipped").iterdir()
    return tuple(sorted(f.name.removesuffix(".toml") for f in found if f.name.endswith(".toml")))


def read_trial(source: str | Path) -> Trial:
    """Reads a trial file, or one that ships with Speciosa by its name.

    Args:
        source: path of a TOML file, or the name of a shipped trial.

    Raises:
        StudyError: lists every fault of the file.
        UnknownNameError: there is no such file or trial.
    """
    path = Path(source)
    if str(source) in shipped():
        found: Path | Traversable = files("speciosa.trials") / "shipped" / f"{source}.toml"
    elif path.is_dir():
        raise StudyError(Fault(str(source) or "trial", "a trial file", "a folder"))
    elif path.exists():
        found = path
    else:
        raise UnknownNameError("trial file", str(source), shipped())
    folder = found.parent if isinstance(found, Path) else None
    return parse_trial(text_of(found, str(source)), path.name, folder)


def parse_trial(text: str, name: str = "trial", folder: Path | None = None) -> Trial:
    """Reads the text of a trial file, or of its lock file; `name` stands in messages, fits are looked for in `folder`.

    Raises:
        StudyError: lists every fault of the text.
    """
    table = read_toml(text, name, StudyError)
    if "lock" in table and isinstance(table.get("trial"), dict):
        return trial_of(table["trial"], name, {})
    return trial_of(table, name, line_numbers(text), folder)


def trial_of(
    table: dict[str, Any], name: str, lines: dict[Place, int], folder: Path | None = None
) -> Trial:
    """The trial in a table; `name` and the `lines` of its entries stand in messages, fits are looked for in `folder`.

    Raises:
        StudyError: lists every fault of the table.
    """
    table, long = cut(table)
    long += filled(table, folder)
    faults: list[Fault] = []
    wrong: set[Place] = set()
    trial: Trial | None
    try:
        trial = Trial.model_validate(table)
    except ValidationError as error:
        trial, items = _mended(table, error)
        wrong = {tuple(item["loc"]) for item in items}
        faults += faults_of(items, table, name, lines, _keys)
        faults += [
            Fault(f"{name}: {inner.where}", inner.expected, inner.found, inner.fix)
            for item in items
            if not item["loc"]
            for inner in getattr(item.get("ctx", {}).get("error"), "faults", ())
        ]
    if trial is not None:
        faults += [
            Fault(where_of(path, table, name, lines), fault.expected, fault.found, fault.fix)
            for path, fault, reads in check(trial)
            if not any(_touches(place, each) for place in (path, *reads) for each in wrong)
        ]
    faults[:0] = [
        Fault(where_of(path, table, name, lines), fault.expected, fault.found, fault.fix)
        for path, fault in long
    ]
    if faults or trial is None:
        raise StudyError(dict.fromkeys(faults))
    return trial


def _touches(place: Place, wrong: Place) -> bool:
    """Whether what stands at one place belongs to the other."""
    short = min(len(place), len(wrong))
    return short > 0 and place[:short] == wrong[:short]


def _mended(table: dict[str, Any], error: ValidationError) -> tuple[Trial | None, list[Any]]:
    """The trial without what is wrong with it, so that the rest is checked in the same pass; and all that was wrong."""
    rest: dict[str, Any] = deepcopy(table)
    found: list[Any] = []
    for _ in range(_ROUNDS):
        items = error.errors(include_url=False)
        found += items
        for item in items:
            _leave_out(rest, item["loc"])
        try:
            return Trial.model_validate(rest), found
        except ValidationError as further:
            error = further
    return None, found


def _leave_out(table: dict[str, Any], path: Place) -> None:
    if not path:  # names of arms that are not each their own
        for number, arm in enumerate(table.get("arms", ())):
            arm["name"] = f"?{number}"
        return
    key = str(path[0])
    part = table.get(key)
    if key == "arms" and len(path) > 1 and isinstance(part, list) and part:
        _mend_arm(part, path)
    elif len(path) > 1 and isinstance(part, dict):
        part.pop(str(path[1]), None)
        if key in _NEEDED:
            for name, value in _NEEDED[key].items():
                if not (key == "design" and "power" in part):
                    part.setdefault(name, value)
    elif key == "options" and len(path) > 1 and isinstance(part, list):
        _mend_arm(part, path)
    elif key in _NEEDED:
        table[key] = deepcopy(_NEEDED[key])
    else:
        table.pop(key, None)


def _mend_arm(arms: list[Any], path: Place) -> None:
    number = int(path[1])
    entry = arms[number] if number < len(arms) else None
    if isinstance(entry, dict) and len(path) > 2:
        entry.pop(str(path[2]), None)
        entry.setdefault("name", f"?{number}")
        entry.setdefault("regimen", "none")
    elif entry is not None:
        arms[number] = {"name": f"?{number}", "regimen": "none"}


def _keys(path: Place) -> list[str]:
    """The keys that the table at `path` may have."""
    last = next((part for part in reversed(path) if isinstance(part, str)), "")
    return list(_RECORDS.get(last, Trial).model_fields)
