"""Study files that would take for ever, or end in a traceback, are refused with a place and a few lines."""

import json
import tomllib
from copy import deepcopy
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from speciosa.cli import app
from speciosa.cli.check import faults_of
from speciosa.cli.commands import register
from speciosa.delimited import as_csv, read_text_table
from speciosa.errors import MOST_TOLD, EvidenceError, StudyError, unseen
from speciosa.study.question.read import parse_study, study_of

HEAD = 'title = "x"\nquestion = "q"\n'
ARM = '[[arms]]\nname = "a"\nregimen = "5 g kratom_leaf oral every 8 h x 42"\n'
LONG = "9" * 5000


def arm(regimen: str, more: str = "") -> str:
    return f'{HEAD}[[arms]]\nname = "a"\nregimen = "{regimen}"\n{more}'


STUDIES = {
    "powers of powers": (HEAD + ARM + '[follow_up]\nuntil = "1 h*9**9**9"\n', "until"),
    "a half-written unit": (arm("5 mg/ morphine oral"), "line 5"),
    "lists in lists": (HEAD + "x = " + "[" * 40_000 + "]" * 40_000, "in one another"),
    "tables in tables": (HEAD + "x = " + "{a=" * 3000 + "1" + "}" * 3000, "in one another"),
    "a key of many parts": (HEAD + "a." * 30_000 + "b = 1\n", "line 3"),
    "a header of many parts": (HEAD + "[" + '"a" . ' * 15_000 + "b]\n", "line 3"),
    "an inline key of many parts": (HEAD + "x = {" + "a." * 30_000 + "b = 1}\n", "line 3"),
    "a number of 5,000 digits": (HEAD + ARM + f"[population]\npatients = {LONG}\n", "digits"),
    "a hexadecimal number": (HEAD + ARM + f"[population]\nseed = 0x{LONG}\n", "digits"),
    "5,000 faulty arms": (
        HEAD + '[[arms]]\nname = "a"\nregimen = "5 spoons kratm_leaf"\n' * 5000,
        "at most 40",
    ),
    "5,000 keys": (HEAD + "".join(f"k{n} = 1\n" for n in range(5000)) + ARM, "line 3"),
    "5,000 outcomes": (
        HEAD + ARM + f"[follow_up]\noutcomes = {json.dumps([f'o{n}' for n in range(5000)])}\n",
        "line 7",
    ),
    "doses without an end": (arm("; ".join(["1 mg morphine every 1 h x 100000"] * 400)), "100000"),
    "a tiny interval": (arm("1 mg morphine every 1e-300 h x 2", 'taper = "1e-300 d"\n'), "second"),
    "a taper of seconds": (arm("1 mg morphine every 1 s x 2", 'taper = "300 d"\n'), "taper"),
    "a dose of spaces": (arm("1 mg morphine" + " " * 19_000 + "oral"), "400 characters"),
    "a dose of digits": (arm("every " + "1" * 19_000), "400 characters"),
    "patients of many words": (
        HEAD + ARM + f'[population]\ncovariates = "{"x=1;" * 5000}"\n',
        "2000",
    ),
    "controls of a terminal": (
        HEAD + '"\\u001b[2J" = 1\n[[arms]]\nname = "\\u001b[31m"\nregimen = "\\u0007"\n',
        "printable",
    ),
    "a hidden turn of writing": (HEAD + ARM.replace('"a"', '"a\\u202e"'), "printable"),
}


@pytest.mark.parametrize("name", STUDIES)
def test_a_hostile_study_is_refused_with_a_place(name: str) -> None:
    text, told = STUDIES[name]
    with pytest.raises(StudyError) as caught:
        parse_study(text, "s.toml")
    said = str(caught.value)
    assert told in said
    assert said.startswith("s.toml")
    assert said.count("\n") <= MOST_TOLD
    assert len(said) < 60_000 and not unseen(said)


def test_at_most_fifty_faults_are_told_and_all_are_counted(tmp_path: Path) -> None:
    if not app.registered_commands:
        register(app)
    path = tmp_path / "s.toml"
    path.write_text(STUDIES["5,000 keys"][0], encoding="utf-8")
    done = CliRunner().invoke(app, ["check", str(path)])
    assert "And 4950 more faults." in done.stdout and "5000 faults." in done.stdout
    found = json.loads(CliRunner().invoke(app, ["check", str(path), "--json"]).stdout)
    assert (found["count"], len(found["faults"])) == (5000, MOST_TOLD)


def test_a_folder_that_is_no_folder_of_facts_is_not_walked_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_text(HEAD + 'facts = "/proc"\n' + ARM, encoding="utf-8")
    assert "at most 2000" in str(faults_of(path)[0])


def test_a_table_with_controls_of_a_terminal_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("study,effect,se\nA\x1b[2J,0.1,0.2\n", encoding="utf-8")
    with pytest.raises(EvidenceError, match="line 2"):
        read_text_table(path, error=EvidenceError)


@pytest.mark.parametrize("cell", ["=1+1", "@x", "+a", "-cmd|' /C calc'!A0", "\tx", "-3 points"])
def test_no_cell_of_a_table_is_a_formula(cell: str) -> None:
    assert as_csv(("study",), [(cell,)]).splitlines()[1].lstrip('"').startswith("'")


@pytest.mark.parametrize("cell", ["-0.5", "+3", "1e-5", "-12%", "-inf", "a=b", ""])
def test_numbers_and_words_stay_as_they_are(cell: str) -> None:
    assert as_csv(("study", "n"), [(cell, 1)]) == f"study,n\n{cell},1\n"


def test_every_table_for_a_reader_is_written_by_the_one_writer() -> None:
    root = Path(__file__).parents[2] / "src" / "speciosa"
    calls = ("csv.writer(", "DictWriter(", ".write_csv(")
    found = [
        path.name
        for path in root.rglob("*.py")
        if not {"calibration", "calibrate"} & {*path.parts}  # write the library's own data
        and any(call in path.read_text("utf-8") for call in calls)
    ]
    assert found == ["delimited.py"]


FULL = """
title = "Tea"
question = "Does tea work?"
indication = "pain"
confirm = "all of it"
[population]
patients = 20
draws = 4
seed = 3
covariates = "weight=70 kg"
[[arms]]
name = "Tea"
regimen = "2 g kratom_tea oral every 8 h x 21"
comedication = "5 mg midazolam oral"
taper = "2 d"
covariates = "age=70"
source = ["x"]
note = "n"
[[arms]]
name = "Placebo"
regimen = "none"
[follow_up]
until = "10 d"
outcomes = ["pain_relief", "breathing_fall"]
[evidence]
networks = ["oud_retention"]
claims = false
risks = true
[benefit_risk]
reference = "Placebo"
order = ["pain_relief", "breathing_fall"]
samples = 1000
[[benefit_risk.criteria]]
outcome = "pain_relief"
worst = 0
best = 4
weight = [0.2, 0.8]
points = [[0, 0], [2, 0.7], [4, 1]]
branch = "b"
source = ["x"]
[[benefit_risk.criteria]]
outcome = "breathing_fall"
worst = 0.5
best = 0
[[benefit_risk.ratios]]
of = "pain_relief"
to = "breathing_fall"
between = [0.5, 2.0]
[[fitted]]
substance = "mitragynine"
file = "fit.json"
method = "FOCEI"
parameters."mitragynine.disposition.CL" = { value = 3.0, between = 0.2, uncertainty = 0.1 }
"""


def places(node: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The path of everything in a table but itself."""
    inner = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    return [one for key, value in inner for one in ((*path, key), *places(value, (*path, key)))]


@pytest.mark.parametrize(
    "instead", [3, "x", "", True, -1.5, float("nan"), [], {}, [3], [[]], {"x": 1}, date(2026, 1, 1)], ids=repr
)  # fmt: skip
def test_whatever_stands_in_a_place_is_taken_or_told(instead: object) -> None:
    """Each entry of a full study in turn replaced by a value of another kind."""
    whole = tomllib.loads(FULL)
    for path in places(whole):
        table = deepcopy(whole)
        node = table
        for part in path[:-1]:
            node = node[part]
        node[path[-1]] = instead
        try:
            study_of(table, "study", {})
        except StudyError as error:
            assert error.faults and all(fault.where for fault in error.faults), path
