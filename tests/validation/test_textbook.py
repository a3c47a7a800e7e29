"""Textbook checks: the language of derive, faults by row and column, verdicts as JSON, and the page that shows them."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from speciosa.calibration.standing import (
    BEGIN,
    END,
    Entry,
    moved,
    read_reasons,
    read_record,
    table,
)
from speciosa.cli.commands import register
from speciosa.errors import InputError
from speciosa.validation.observed.shipped import OBSERVATIONS
from speciosa.validation.predict import Options
from speciosa.validation.run import validate
from speciosa.validation.textbook.checks import needed, read_checks
from speciosa.validation.textbook.derive import NoValueError, dose_like, read_formula
from speciosa.validation.textbook.run import judge

REPOSITORY = Path(__file__).parents[2]
KEPT = OBSERVATIONS / "textbook.csv"
COLUMNS = ("id", "n", "doses", "analyte", "metric", "unit", "expected_low", "expected_high")
HEADER = ",".join((*COLUMNS, "derive"))
IV = "10 mg morphine iv,morphine"


def run(*arguments: str) -> Result:
    app = typer.Typer()
    register(app)
    return CliRunner().invoke(app, ["validate", *arguments])


def file_of(folder: Path, *lines: str) -> Path:
    path = folder / "checks.csv"
    path.write_text("\n".join((HEADER, *lines)) + "\n", encoding="utf-8")
    return path


def value(text: str, **known: float) -> float:
    formula, faults = read_formula(text, "row x, derive", known)
    assert formula is not None, faults
    return formula.value(known.__getitem__)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(a-b)/(1-b)", (3.0 - 0.5) / 0.5),
        ("-a + +b*2e1", 7.0),
        ("ratio(a, b)", 6.0),
        ("1-ratio(b,a)", 1 - 0.5 / 3),
        ("ordered(a, b)", 1.0),
        ("ordered(a, a)", 0.0),
        ("ordered(4, a, 2, b)", 1.0),
        ("ordered(4, 2, a)", 0.0),
        ("below(b, a)", 1.0),
        ("below(a, 3)", 0.0),
        ("min(a, b, 2)", 0.5),
        ("max(a, b, 2)", 3.0),
        ("abs(b-a)", 2.5),
        ("a/b/2", 3.0),
        ("a-b-1", 1.5),
        ("dose_like(1.5, 10,1, 40,2)", 20.0),
        # beyond the ends by the last line, to twice the largest and half the smallest
        ("dose_like(2.25, 10,1, 40,2)", 10 * 4**1.25),
        ("dose_like(9, 10,1, 40,2)", 80.0),
        ("dose_like(-9, 10,1, 40,2)", 5.0),
        # falling effects, doses in any order, three lines
        ("dose_like(0.4, 100,0.2, 10,0.8, 30,0.5)", 30 * (100 / 30) ** (1 / 3)),
        # an end line that turns against the whole
        ("dose_like(3.5, 10,1, 20,3, 40,2.9)", 80.0),
    ],
)
def test_the_language_computes_what_it_says(text: str, expected: float) -> None:
    assert value(text, a=3.0, b=0.5) == pytest.approx(expected)


@settings(deadline=None)
@given(st.lists(st.floats(0.1, 0.9), min_size=3, max_size=6, unique=True), st.floats(0.1, 0.9))
def test_a_like_dose_lies_on_the_interpolated_curve(effects: list[float], share: float) -> None:
    doses = np.geomspace(1.0, 100.0, len(effects))
    rising = np.sort(effects)
    target = float(rising[0] + share * (rising[-1] - rising[0]))
    pairs = [float(x) for pair in zip(doses, rising, strict=True) for x in pair]
    found = dose_like(target, *pairs)
    assert np.interp(math.log(found), np.log(doses), rising) == pytest.approx(target, abs=1e-9)


@pytest.mark.parametrize("pairs", [(0, 0, 2, 2), (-1, 0, 2, 2), (3, 0, 3, 2)])
def test_doses_without_a_logarithm_or_a_distance_have_no_curve(pairs: tuple[float, ...]) -> None:
    with pytest.raises(NoValueError, match="doses above zero, each once"):
        dose_like(1.0, *pairs)


@pytest.mark.parametrize(
    "text",
    [
        "a/(b-b)",
        "ratio(1, b-b)",
        "dose_like(1, 1,b, 2,b)",
        "1e308*9",
    ],
)
def test_what_has_no_value_says_so(text: str) -> None:
    with pytest.raises(NoValueError):
        value(text, a=1.0, b=2.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a-c", "'c'"),
        ("rato(a, b)", "Did you mean ratio?"),
        ("ratio(a)", "2 arguments"),
        ("abs(a, b)", "1 arguments"),
        ("ordered(a)", "2 or more arguments"),
        ("dose_like(a, 1,b, 2)", "5 or more"),
        ("dose_like(a, 1,b, 2,a, 3)", "in every pair"),
        ("dose_like(a, 0,b, 2,a)", "above zero"),
        ("a/0", "other than zero"),
        ("a/(2-2)", "other than zero"),
        ("ratio(a, 0)", "other than zero"),
        ("a**2", "a ** 2"),
        ("a if b else 1", "if b else"),
        ("'a'", "numbers, ids"),
        ("True", "a number"),
        ("1e999", "finite"),
        ("a b", "a formula"),
        ("", "a formula"),
        ("ratio(a, b=2)", "one of the functions"),
        ("__import__('os')", "one of the functions"),
        ("a.real", "numbers, ids"),
        ("overdose('fentanyl')", "four texts"),
        ("overdose(a, '1 mg', 'naive', 'arrest')", "four texts"),
        ("(" * 400 + "a" + ")" * 400, "a formula"),
    ],
)
def test_what_is_not_in_the_language_is_refused(text: str, said: str) -> None:
    formula, faults = read_formula(text, "row x, derive", ["a", "b"])
    assert formula is None
    assert said in " ".join(map(str, faults)) and faults[0].where == "row x, derive"


def test_nothing_is_offered_for_a_name_that_is_like_none() -> None:
    _, faults = read_formula("zzz(a, b)", "row x, derive", ["a", "b"])
    assert [fault.fix for fault in faults] == [""]


def test_every_fault_of_a_file_is_told_by_row_and_column(tmp_path: Path) -> None:
    path = file_of(
        tmp_path,
        f"a,9,{IV},Cmax,ng/mL,,,",
        f"a,9,{IV},Cmax,ng/mL,,,",
        "b,,,,,,1,,ratio(a; a)",
        "c,,,,,,2,1,a/0 + lost",
        "d,,,,,,1,2,e+a",
        "e,,,,,,,,f",
        "f,,,,,,,,d*2",
        "g,,,,,,1,2,",
        "h,,,,,,one,2,a",
        "i,,,,,,1,2,\"overdose('fentanyl','much','naive','arrest')\"",
        "j,,,,,,1,2,j",
        "k,,,,,,1,2,\"overdose('fentanyl','10 h','naive','arrest')\"",
        ",9,,,,,1,2,a",
    )
    with pytest.raises(InputError) as caught:
        read_checks(path)
    places = sorted(fault.where for fault in caught.value.faults)
    assert places == sorted(
        [
            "line 14, id",
            "row a, id",
            "row b, derive",
            "row b, expected_high",
            "row c, derive",
            "row c, derive",
            "row c, expected_high",
            "row d, derive",
            "row g, doses",
            "row h, expected_low",
            "row i, derive",
            "row j, derive",
            "row k, derive",
        ]
    )
    assert "d -> e -> f -> d" in str(caught.value) and "j -> j" in str(caught.value)
    assert isinstance(run(str(path), "--json").exception, InputError)


def test_a_file_with_one_of_the_two_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "half.csv"
    path.write_text("id,doses,analyte,metric,value,unit,expected_low\n", encoding="utf-8")
    error = run(str(path)).exception
    assert isinstance(error, InputError)
    assert [fault.where for fault in error.faults] == [f"{path}, column expected_high"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file whose answers follow from linear kinetics."""
    return file_of(
        tmp_path_factory.mktemp("textbook"),
        f"one,6,{IV},AUC0-inf,ng*h/mL,10,1000,",
        "two,6,20 mg morphine iv,morphine,AUC0-inf,ng*h/mL,,,",
        f"peak,6,{IV},Cmax,ng/mL,,,",
        "unused,6,5 mg fentanyl iv,fentanyl,Cmax,ng/mL,,,",
        "lost,6,1 mg unobtainium iv,morphine,Cmax,ng/mL,1,2,",
        'double,,,,,,1.99,2.01,"ratio(two, one)"',
        "chained,,,,,,0.99,1.01,double-1",
        "narrow,,,,,,5,6,double",
        "needs_lost,,,,,,0,9,lost+1",
        "nothing,,,,,,0,9,1/(two-two)",
        "dead,,,,,,1,1,\"overdose('fentanyl','10 mg','naive','arrest')\"",
        "unknown,,,,,,1,1,\"overdose('fentanyl','10 mg','naive','colour')\"",
        "both,6,20 mg morphine iv,morphine,AUC0-inf,ng*h/mL,1.99,2.01,both/one",
    )


def test_verdicts_are_the_json_of_the_contract(small: Path) -> None:
    done = run(str(small), "--json", "--draws", "10")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert list(found) == ["checks", "right", "of"]
    assert all(list(check) == ["id", "value", "low", "high", "right"] for check in found["checks"])
    verdicts = {check["id"]: check["right"] for check in found["checks"]}
    assert verdicts == {
        "one": True,
        "lost": False,
        "double": True,
        "chained": True,
        "narrow": False,
        "needs_lost": False,
        "nothing": False,
        "dead": True,
        "unknown": False,
        "both": True,
    }
    values = {check["id"]: check["value"] for check in found["checks"]}
    assert values["double"] == pytest.approx(2.0) and values["needs_lost"] is None
    assert (found["right"], found["of"]) == (5, 10)
    for said in (
        "row lost, doses",
        "unobtainium",
        "row nothing, derive",
        "divides by zero",
        "row unknown, derive",
        "collapse_s",
    ):
        assert said in done.stderr


def test_the_page_and_the_file_say_the_same(small: Path, tmp_path: Path) -> None:
    out = tmp_path / "verdicts.csv"
    text = run(str(small), "--draws", "10", "--out", str(out)).stdout
    assert text.rstrip().endswith("5 of 10 right.") and text.count("WRONG") == 5
    with out.open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows["lost"]["right"] == "False" and "unobtainium" in rows["lost"]["reason"]


def test_rows_share_simulations_and_unused_ones_have_none(small: Path) -> None:
    assert "unused" not in needed(read_checks(small))
    totals: list[int] = []
    judge(small, options=Options(10), progress=lambda _, total: totals.append(total))
    assert set(totals) == {2}


def test_a_check_of_one_row_is_the_prediction_of_that_row(small: Path, tmp_path: Path) -> None:
    plain = tmp_path / "row.csv"
    plain.write_text(
        f"id,n,doses,analyte,metric,value,unit\none,6,{IV},AUC0-inf,1,ng*h/mL\n", encoding="utf-8"
    )
    (row,) = validate(plain, options=Options(10)).rows
    check = judge(small, options=Options(10)).checks[0]
    assert check.value == pytest.approx(row.predicted, rel=1e-12)


def test_the_kept_checks_can_all_be_read() -> None:
    lines = read_checks(KEPT)
    assert not [line.id for line in lines.values() if line.unusable]
    assert sum(line.accepted is not None for line in lines.values()) >= 72


def test_the_page_shows_the_record_and_the_record_all_checks() -> None:
    page = (REPOSITORY / "docs" / "validation.md").read_text(encoding="utf-8")
    shown = page.partition(BEGIN)[2].partition(END)[0]
    assert shown.strip() == table(KEPT.parent).strip(), "run the calibration with --only standing"
    kept = {line.id for line in read_checks(KEPT).values() if line.accepted}
    recorded = read_record(KEPT.parent / "standing.csv")
    assert kept == {entry.id for entry in recorded if entry.part == KEPT.name}


def test_every_miss_has_its_reason_and_every_reason_a_miss() -> None:
    recorded = read_record(KEPT.parent / "standing.csv")
    missed = {e.id for e in recorded if e.part == KEPT.name and e.right == "wrong"}
    reasons = read_reasons(KEPT.parent)
    assert set(reasons) == missed and all(len(why) > 40 for why in reasons.values())


def test_a_check_that_turns_wrong_is_told() -> None:
    before = [Entry("t", "a", "2", "1", "3", "right"), Entry("t", "b", "9", "1", "3", "wrong")]
    now = [Entry("t", "a", "4", "1", "3", "wrong"), Entry("t", "b", "9.1", "1", "3", "wrong")]
    told = list(moved(before, now))
    assert told == ["t: 1 right before, 0 of 2 now", "t, a: 2 before, 4 now (1 to 3), now wrong"]


def test_an_overdose_in_a_formula_is_that_of_the_command(tmp_path: Path) -> None:
    path = tmp_path / "checks.csv"
    header = "id,check,topic,n,doses,analyte,metric,at,statistic,value,unit,expected_low,expected_high,derive,source,seen,fault\n"
    path.write_text(
        header
        + "a,lowest,t,,,,,,,,,0,9,\"overdose('morphine', '30 mg', 'chronic', 'lowest_ventilation_l_min')\",,,\n"
    )
    (check,) = judge(path).checks
    app = typer.Typer()
    register(app)
    said = CliRunner().invoke(app, ["overdose", "morphine", "30 mg", "--user", "chronic", "--json"])
    assert check.value == pytest.approx(json.loads(said.stdout)["lowest_ventilation_l_min"])
