"""Reads a study file and names every fault: its line, what was expected, what was found, the way out."""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from speciosa.errors import FactError, Fault, InputError, StudyError, UnknownNameError
from speciosa.facts import own_folder, use_folder
from speciosa.study.question import schema
from speciosa.study.question.agreement import contradictions
from speciosa.study.question.check import check
from speciosa.study.question.fitted import filled
from speciosa.study.question.mend import mend
from speciosa.study.question.schema import Study
from speciosa.study.question.size import cut
from speciosa.study.question.telling import faults_of, where_of
from speciosa.toml_lines import line_numbers
from speciosa.toml_text import read_toml

SHIPPED = ("default", "acute", "withdrawal", "interactions")


def read_study(source: str | Path) -> Study:
    """Reads a study file, or one that ships with Speciosa by its name.

    Args:
        source: path of a TOML file, or ``default``, ``withdrawal``, ``interactions``.

    Raises:
        StudyError: lists every fault of the file.
        UnknownNameError: there is no such file or study.

    Example:
        >>> read_study("default").arms[0].name
        'Kratom leaf, low'
    """
    path = Path(source)
    if str(source) in SHIPPED:
        found: Path | Traversable = files("speciosa.study") / "shipped" / f"{source}.toml"
    elif path.is_dir():
        raise StudyError(Fault(str(source) or "study", "a study file", "a folder"))
    elif path.exists():
        found = path
    else:
        raise UnknownNameError("study file", str(source), SHIPPED)
    text = text_of(found, str(source))
    if isinstance(found, Path):
        _take_facts(text, found)
    folder = found.parent if isinstance(found, Path) else None
    return parse_study(text, Path(str(source)).name, folder)


_BY_STUDY: set[str] = set()


def _take_facts(text: str, path: Path) -> None:
    """Takes the fact folder that a study names, so that its substances and products are known when it is checked.

    Raises:
        StudyError: every fault of the folder.
    """
    try:
        named = read_toml(text, path.name).get("facts")
    except InputError:
        return  # said when the study is parsed
    if not isinstance(named, str) or not named:
        if own_folder() is not None and _BY_STUDY:
            use_folder(None)  # what an earlier study named is not this one's
            _BY_STUDY.clear()
        return
    _BY_STUDY.add(named)
    try:
        use_folder(path.parent / named)
    except FactError as error:
        raise StudyError(
            Fault(f"{path.name}, facts, {fault.where}", fault.expected, fault.found, fault.fix)
            for fault in error.faults
        ) from error


def text_of(place: Path | Traversable, name: str) -> str:
    """The text of a file in UTF-8, or in UTF-16 where its first bytes say so; `name` stands in messages.

    Raises:
        StudyError: the file cannot be read, or is no text.
    """
    try:
        content = place.read_bytes()
    except OSError as error:
        raise StudyError(Fault(name, "a readable file", error.strerror or str(error))) from error
    wide = content[:2] in (BOM_UTF16_LE, BOM_UTF16_BE)
    try:
        text = content.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise StudyError(
            Fault(f"{name}, line {line}", "text in UTF-8", "other bytes", "Save the file as UTF-8.")
        ) from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_study(text: str, name: str = "study", folder: Path | None = None) -> Study:
    """Reads the text of a study file; `name` stands in messages, and `folder` is where its fits are looked for.

    Raises:
        StudyError: lists every fault of the text.
    """
    return study_of(read_toml(text, name, StudyError), name, line_numbers(text), folder)


def study_of(
    table: dict[str, Any],
    name: str,
    lines: dict[tuple[str | int, ...], int],
    folder: Path | None = None,
) -> Study:
    """The study in a table; `name` and the `lines` of its entries stand in messages, fits are looked for in `folder`.

    Raises:
        StudyError: lists every fault of the table.
    """
    table, long = cut(table)
    long += filled(table, folder)
    faults: list[Fault] = []
    study: Study | None
    try:
        study = Study.model_validate(table)
    except ValidationError as error:
        study, further = mend(table, error)
        items = [*error.errors(include_url=False), *further]
        faults = [*faults_of(items, table, name, lines, _fields)]
    faults += [
        Fault(where_of(path, table, name, lines), fault.expected, fault.found, fault.fix)
        for path, fault in contradictions(table)
    ]
    if study is not None:
        faults += [
            Fault(where_of(path, table, name, lines), fault.expected, fault.found, fault.fix)
            for path, fault in check(study)
        ]
    faults[:0] = [
        Fault(where_of(path, table, name, lines), fault.expected, fault.found, fault.fix)
        for path, fault in long
    ]
    if faults or study is None:
        raise StudyError(dict.fromkeys(faults))
    return study


def json_schema() -> dict[str, Any]:
    """The JSON schema of a study file, for editors that complete and check TOML.

    Example:
        >>> json_schema()["required"]
        ['title', 'question', 'arms']
    """
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Study.model_json_schema()}


def _fields(path: tuple[str | int, ...]) -> list[str]:
    """The keys that the table at `path` may have."""
    records: dict[str, type[BaseModel]] = {
        "population": schema.Population,
        "arms": schema.Arm,
        "fitted": schema.Fitted,
        "follow_up": schema.FollowUp,
        "evidence": schema.Evidence,
        "benefit_risk": schema.BenefitRisk,
        "criteria": schema.Criterion,
    }
    last = next((part for part in reversed(path) if isinstance(part, str)), "")
    return list(records.get(last, Study).model_fields)
