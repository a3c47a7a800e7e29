"""What single cells of an observation mean: comparisons, analytes, volumes, units, and rows of one split."""

from pathlib import Path

import pytest
from tests.validation.rows import observed

import speciosa as sp
from speciosa.pharmacology.covariates import describe
from speciosa.validation.arms import plan
from speciosa.validation.bench import arms_of
from speciosa.validation.observed.timing import At
from speciosa.validation.predict import Options
from speciosa.validation.run import read, substances
from speciosa.validation.silent import unused
from speciosa.validation.solving import WEIGHT, model_of, people

COLUMNS = "id,doses,versus,covariates,analyte,metric,at,statistic,value,unit,n,split"


def only(tmp_path: Path, **cells: str):
    """The one row of a file, and what is wrong with it."""
    usual = {
        "id": "a", "doses": "10 mg morphine oral", "analyte": "morphine", "metric": "Cmax",
        "value": "12", "unit": "ng/mL",
    }  # fmt: skip
    row = {**dict.fromkeys(COLUMNS.split(","), ""), **usual, **cells}
    path = tmp_path / "rows.csv"
    path.write_text(COLUMNS + "\n" + ",".join(f'"{row[c]}"' for c in COLUMNS.split(",")) + "\n")
    file = read(path)
    return (file.rows[0] if file.rows else None), " ".join(map(str, file.faults.get("a", ())))


def test_a_dose_without_a_product_is_a_fault(tmp_path: Path) -> None:
    row, faults = only(tmp_path, doses="10 mg oral")
    assert row is None and faults


@pytest.mark.parametrize("text", ["", "morphine/codeine/tramadol", "a:b:c"])
def test_an_analyte_is_one_or_two_names(tmp_path: Path, text: str) -> None:
    row, faults = only(tmp_path, analyte=text)
    assert row is None and "a substance, metabolite/parent or effect" in faults


@pytest.mark.parametrize(
    ("doses", "versus", "patient", "other"),
    [
        ("30 mg codeine oral", "30 mg codeine oral; cyp2d6=poor", "", {"cyp2d6": 0}),
        ("30 mg codeine oral", "cyp2d6=poor", "", {"cyp2d6": 0}),
        ("30 mg codeine oral", "the same (cyp2d6=poor)", "age=30", {"age": 30, "cyp2d6": 0}),
        ("30 mg codeine oral", "same", "cyp2d6=poor", None),
    ],
)
def test_what_a_row_is_compared_with(
    tmp_path: Path, doses: str, versus: str, patient: str, other: dict[str, float] | None
) -> None:
    """A description stands behind the regimen or alone; alone, or ``same``, means the regimen of the row."""
    row, faults = only(
        tmp_path, doses=doses, versus=versus, covariates=patient, metric="Cmax_ratio", unit="1",
        analyte="codeine",
    )  # fmt: skip
    assert row is not None, faults
    assert str(row.versus) == str(row.regimen)
    assert (None if row.against is None else dict(row.against.values)) == other


def test_a_row_without_a_comparison_has_none(tmp_path: Path) -> None:
    row, _ = only(tmp_path)
    assert row is not None and row.versus is None and row.against is None


@pytest.mark.parametrize(
    ("doses", "metric"),
    [
        ("10 mg morphine iv", "Vss"),
        ("10 mg morphine oral", "Vz_F"),
        ("10 mg morphine iv; 10 mg morphine oral", "Vz_F"),
    ],
)
def test_a_volume_is_apparent_unless_all_is_given_by_vein(
    tmp_path: Path, doses: str, metric: str
) -> None:
    row, faults = only(tmp_path, doses=doses, metric="Vd", unit="L")
    assert row is not None, faults
    assert row.metric == metric


@pytest.mark.parametrize(
    ("analyte", "right"),
    [("minute_ventilation", True), ("arterial_po2_mmhg", False), ("morphine", False)],
)
def test_only_what_has_a_normal_value_changes_by_a_share(
    tmp_path: Path, analyte: str, right: bool
) -> None:
    row, _ = only(tmp_path, analyte=analyte, metric="change", at="2 h", value="-20", unit="%")
    assert (row is not None) is right


def test_a_time_that_was_not_given_has_no_window() -> None:
    for at in (At(), At(start_h=2.0), At(end_h=2.0)):
        with pytest.raises(ValueError, match="no time was given"):
            at.window(0.0)
    assert At(start_h=2.0, end_h=3.0, after_last=True).window(10.0) == (12.0, 13.0)


def test_rows_of_a_split_are_those_and_no_others(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    row = "10 mg morphine iv,morphine,AUC0-inf,1,ng*h/mL"
    path.write_text(
        "id,doses,analyte,metric,value,unit,split\n"
        f"a,{row},check\nb,{row},calibration\nc,{row},check\n"
    )
    assert [each.id for each in read(path).split("check").rows] == ["a", "c"]
    report = sp.validate(path, split="calibration", options=Options(draws=2))
    assert [each.id for each in report.rows] == ["b"] and not report.not_predicted


def test_a_substance_is_known_by_its_other_names_however_they_are_joined() -> None:
    known = substances()
    assert known["7-hydroxymitragynine"] == known["7_hydroxymitragynine"] == "7_hydroxymitragynine"
    assert known["morphine-6-glucuronide"] == known["morphine_6_glucuronide"]


def test_what_a_row_says_of_its_people_and_no_model_uses_is_told() -> None:
    silent = observed("Cmax", "ng/mL", analyte="morphine", patient="cyp2d6=poor", id="plain")
    (told,) = unused([silent])
    assert told.startswith("plain: ")
    used = observed("Cmax", "ng/mL", "30 mg codeine oral", analyte="codeine", patient="cyp2d6=poor")
    assert unused([used]) == ()
    effect = observed("nadir", "1", analyte="pupil_diameter_mm", patient="cyp2d6=poor", id="pupil")
    assert [text.partition(":")[0] for text in unused([effect])] == ["pupil"]


@pytest.mark.parametrize(
    ("doses", "output", "followed"),
    [
        ("10 mg morphine iv", "minute_ventilation", True),
        ("10 mg morphine iv", "pupil_diameter_mm", False),
        ("10 mg morphine oral every 6 h x 3", "petco2_mmhg", True),
        ("10 mg morphine oral every 6 h x 9", "petco2_mmhg", False),
        ("25 ug/h fentanyl_patch transdermal over 3 d", "minute_ventilation", False),
    ],
)
def test_free_breathing_is_followed_in_laboratory_courses_alone(
    doses: str, output: str, followed: bool
) -> None:
    (arm,) = arms_of(observed("nadir", "1", doses, analyte=output))
    names = model_of(plan(arm), (output,)).state_names
    assert any("co2" in name.casefold() for name in names) is followed


def test_people_weigh_what_volunteers_weigh_where_nothing_is_said() -> None:
    equations = model_of(plan(arms_of(observed("Cmax", "ng/mL"))[0]), ("morphine",))
    assert (WEIGHT.mean, WEIGHT.sd, WEIGHT.low, WEIGHT.high) == (73.0, 12.0, 45.0, 120.0)
    for text, weights in (("", WEIGHT), ("weight=60 kg", 60.0)):
        found = people(equations, describe(text)[0], seed=1).covariates["weight"]
        assert getattr(found, "value", found) == weights


def test_a_part_of_qtc_that_is_not_known_is_told() -> None:
    methadone = observed("value", "ms", "10 mg methadone oral", analyte="qtc_change_ms", at="2 h")
    both = observed(
        "value",
        "ms",
        "10 mg methadone oral; 100 mg tapentadol oral",
        analyte="qtc_change_ms",
        at="2 h",
    )
    with_none = observed(
        "value",
        "ms",
        "10 mg methadone oral; 400 mg ibuprofen oral",
        analyte="qtc_change_ms",
        at="2 h",
    )
    assert unused([methadone]) == unused([with_none]) == ()
    assert unused([both]) == (
        "row: what tapentadol does to qtc_change_ms is not known and counts as nothing.",
    )
