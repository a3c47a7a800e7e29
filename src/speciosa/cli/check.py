"""`speciosa check`: what is wrong with an input file, all of it at once."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from speciosa.errors import MOST_TOLD, Fault, InputError, nearest, told

if TYPE_CHECKING:
    import polars as pl

    from speciosa.study.question.schema import Arm

# A table of studies is read for the first of these that most of its columns are made for.
_MEASURES = ("OR", "IRR", "MD", "MC", "PR", "IR", "MN")


def check(
    file: Annotated[
        Path,
        typer.Argument(
            help="A study (TOML); facts, observations, trials or a network (CSV); or the name of a shipped one."
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say everything that is wrong with an input file.

    Example: speciosa check my-study.toml
    """
    faults = faults_of(file)
    notes = () if faults else notes_of(file)
    if as_json:
        rows = [
            {"where": f.where, "expected": f.expected, "found": f.found, "fix": f.fix}
            for f in faults[:MOST_TOLD]
        ]
        further = {"notes": list(notes)} if notes else {}
        found = {"file": str(file), "ok": not faults, "count": len(faults), "faults": rows}
        print(json.dumps(found | further))
    elif faults:
        print("\n".join(told(faults)))
        print(f"{file}: {len(faults)} fault{'s' if len(faults) > 1 else ''}.")
    else:
        print("\n".join([*notes, *described(file), f"{file}: nothing wrong."]))
    if faults:
        raise typer.Exit(2)


def faults_of(file: Path) -> list[Fault]:
    """Every fault of a study or its lock file, of facts, of observations, of trials or of a network.

    A study or a file of observations that ships with Speciosa is found by its name.
    """
    from speciosa.study.question.read import SHIPPED
    from speciosa.validation.observed.shipped import observations_file, shipped_observations

    is_study = str(file) in SHIPPED or file.suffix.casefold() == ".toml"
    if str(file) not in SHIPPED:
        if file.is_dir():
            return [Fault(str(file), "a file", "a folder")]
        if is_study and not file.exists():
            return [_not_there(file, SHIPPED)]
    try:
        if is_study:
            from speciosa.comparison import question

            question(str(file))
            return []
        return _table_faults(observations_file(file))
    except InputError as error:
        if file.exists() or file.suffix:
            return list(error.faults)
        return [_not_there(file, (*SHIPPED, *shipped_observations()))]


def _not_there(file: Path, known: tuple[str, ...]) -> Fault:
    near = nearest(file.stem, known)
    fix = f"Did you mean {' or '.join(near)}, which ships with Speciosa?" if near else ""
    return Fault(str(file), "a file", "none of this name", fix)


def notes_of(file: Path) -> tuple[str, ...]:
    """What a file without a fault says of patients and no model uses."""
    from speciosa.study.question.read import SHIPPED
    from speciosa.validation.observed.shipped import observations_file

    if str(file) in SHIPPED or file.suffix.casefold() == ".toml":
        from speciosa.comparison import question

        return question(str(file))[1]
    from speciosa.evidence.table.columns import read_table
    from speciosa.evidence.table.names import folded

    path = observations_file(file)
    if "doses" not in {folded(name) for name in read_table(path).columns}:
        return ()
    from speciosa.validation.run import read
    from speciosa.validation.silent import unused

    return unused(read(path).rows)


def described(file: Path) -> list[str]:
    """What a file without a fault was taken for: a study with the doses of its arms, or a table with its rows."""
    from speciosa.study.question.read import SHIPPED

    if str(file) in SHIPPED or file.suffix.casefold() == ".toml":
        from speciosa.comparison import question
        from speciosa.report.arm_names import label

        study = question(str(file))[0]
        arms = [f"  {label(arm).full}{_taken_as(arm)}" for arm in study.arms]
        return [f"{file}: a study of {len(arms)} arms ({study.indication}):", *arms]
    from speciosa.evidence.table.columns import read_table
    from speciosa.validation.observed.shipped import observations_file

    return [f"{file}: a table of {len(read_table(observations_file(file)))} rows."]


def _taken_as(arm: "Arm") -> str:
    """By which route products are taken that an arm names without one."""
    from speciosa.facts.products import form_of

    bare = (dose for dose in arm.treatment.doses if dose.product and dose.route is None)
    forms = dict.fromkeys(form_of(str(dose.product), None) for dose in bare)
    words = [f"{form.product} {form.route}" for form in forms]
    return f"; taken as {', '.join(words)}" if words else ""


def _of_arms(table: "pl.DataFrame", names: set[str]) -> bool:
    """Whether arms stand below each other: a column of arms, and studies in several rows."""
    from speciosa.evidence.table.labels import study_columns
    from speciosa.evidence.table.treatments import ARMS

    several = any(table[name].n_unique() < len(table) for name in study_columns(table))
    return several and bool(names & {*ARMS})


def _table_faults(file: Path) -> list[Fault]:
    """Faults of a table, read as the command reads it that its columns are made for."""
    from speciosa import facts
    from speciosa.evidence.effects.measures import measure
    from speciosa.evidence.network.read import read_network
    from speciosa.evidence.pairwise.read import read_studies
    from speciosa.evidence.table.columns import read_table, resolve
    from speciosa.evidence.table.exports.covidence import from_covidence
    from speciosa.evidence.table.names import folded
    from speciosa.evidence.table.printed_cells import taken_apart
    from speciosa.evidence.table.reading import Reading
    from speciosa.evidence.table.stated import stated_measure
    from speciosa.evidence.table.workbook import WORKBOOKS
    from speciosa.validation.run import read as read_observations
    from speciosa.validation.textbook.checks import has_checks, read_checks

    exported, covidence = from_covidence(read_table(file))
    table = taken_apart(exported)[0]
    names = {folded(name) for name in table.columns}
    text = file.suffix.casefold() not in WORKBOOKS
    if text and not covidence and has_checks(file):
        lines = read_checks(file).values()
        told = "a row that can be predicted"
        return [Fault(f"row {one.id}", told, one.unusable) for one in lines if one.unusable]
    if "doses" in names:
        faulty = read_observations(file).faults
        return [fault for faults in faulty.values() for fault in faults]
    if "seen" in names:  # how a number was seen stands in every table of facts, and in no other
        facts.check_file(file)
    elif {"treatment", "treat1"} & names or _of_arms(table, names):
        read_network(file)
    else:
        fits = {
            code: sum(resolve(table, name) is not None for name in measure(code).columns)
            / len(measure(code).columns)
            for code in _MEASURES
        }
        code = max(fits, key=lambda name: fits[name])
        stated = resolve(table, "effect") is not None
        if stated or fits[code] > 0:
            by_effect = stated and fits[code] < 1
            # What effects are of is asked for where they are pooled.
            as_they_stand = Reading(
                scale="log" if by_effect and not stated_measure(table.columns) else ""
            )
            read_studies(file, "GEN" if by_effect else code, as_they_stand)
        else:
            facts.check_file(file)
    return []
