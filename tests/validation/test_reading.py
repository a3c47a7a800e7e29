"""Reading observations: what is accepted, and every fault named without losing the other rows."""

from pathlib import Path

import pytest

from speciosa.errors import InputError
from speciosa.validation.observed.observations import METRICS
from speciosa.validation.observed.reading import read_observations
from speciosa.validation.observed.shipped import OBSERVATIONS
from speciosa.validation.observed.timing import parse_at
from speciosa.validation.run import read, substances

HEADER = "id,doses,versus,covariates,analyte,metric,at,statistic,value,unit,n\n"
KEPT = OBSERVATIONS


def rows_of(tmp_path: Path, *lines: str, header: str = HEADER):
    path = tmp_path / "rows.csv"
    path.write_text(header + "\n".join(lines) + "\n", encoding="utf-8")
    return read(path)


def test_a_good_row_is_read(tmp_path):
    file = rows_of(tmp_path, "a,10 mg morphine oral,,weight=80 kg,morphine,Cmax,,mean,12,ng/mL,9")
    assert not file.faults
    assert (file.rows[0].n, file.rows[0].patient.values["weight"]) == (9, 80.0)


@pytest.mark.parametrize(
    ("line", "needs"),
    [
        ("b,10 mg nonsense oral,,,morphine,Cmax,,mean,1,ng/mL,", "kratom_tea"),
        ("b,10 mg morphine oral,,,unobtainium,Cmax,,mean,1,ng/mL,", "mitragynine"),
        ("b,10 mg morphine oral,,,morphine,Cpeak,,mean,1,ng/mL,", "AUC0-inf"),
        ("b,10 mg morphine rectal,,,morphine,Cmax,,mean,1,ng/mL,", "transdermal"),
        ("b,10 mg morphine oral,,,morphine,Cmax_ratio,,mean,1,1,", "regimen that"),
        ("b,10 mg morphine oral,,,morphine,concentration,,mean,1,ng/mL,", "2.5 h"),
        ("b,10 mg morphine oral,,,cows,share_ge,24 h,mean,0.5,1,", "threshold"),
        ("b,10 mg morphine oral,,,morphine,nadir,,mean,1,ng/mL,", "Cmax"),
        ("b,10 mg morphine oral,,,morphine,Cmax,,mean,1,h,", "ng/mL"),
        ("b,10 mg morphine oral,,,morphine,Cmax,,mean,many,ng/mL,", "a number"),
        ("b,10 mg morphine oral,,weight=0 kg,morphine,Cmax,,mean,1,ng/mL,", "400 kg"),
        ("b,-10 mg morphine oral,,,morphine,Cmax,,mean,1,ng/mL,", "0 or more"),
        ("b,10 mg morphine oral,,cyp2d9=poor,morphine,Cmax,,mean,1,ng/mL,", "cyp2d6"),
        ("b,10 mg morphine oral,,,morphine,Cmax,,modus,1,ng/mL,", "geomean"),
        ("b,10 mg morphine oral,,,morphine,Cmax,soon,mean,1,ng/mL,", "last + 4 h"),
        ("b,10 mg morphine oral,,,morphine,Cmax,,mean,1,ng/mL,0.5", "whole number"),
    ],
)
def test_a_fault_is_of_its_row_and_lists_what_is_known(tmp_path, line, needs):
    file = rows_of(tmp_path, "a,10 mg morphine oral,,,morphine,Cmax,,mean,12,ng/mL,", line)
    assert [row.id for row in file.rows] == ["a"]
    assert needs in " ".join(map(str, file.faults["b"]))


def test_all_faults_of_a_row_are_named(tmp_path):
    file = rows_of(tmp_path, "b,1 mg nonsense oral,,weight=0 kg,unobtainium,Cpeak,soon,mean,x,h,")
    assert len(file.faults["b"]) >= 6


def test_an_id_twice_is_a_fault(tmp_path):
    line = "a,10 mg morphine oral,,,morphine,Cmax,,mean,12,ng/mL,"
    file = rows_of(tmp_path, line, line)
    assert len(file.rows) == 1 and len(file.faults) == 1


def test_a_file_without_the_columns_is_refused_with_all_that_are_missing(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("id,doses\n1,2\n", encoding="utf-8")
    with pytest.raises(InputError) as raised:
        read_observations(path, {}, {})
    assert len(raised.value.faults) == 4


def test_every_metric_of_the_contract_is_known():
    wanted = "Cmax Tmax Cmin Css_avg AUC0-inf AUC0-t AUC_tau t_half CL CL_F Vss Vz_F F_absolute"
    assert {
        *wanted.split(),
        "concentration",
        "value",
        "change",
        "nadir",
        "peak",
        "share_ge",
    } <= set(METRICS)
    assert all(f"{name}_ratio" in METRICS for name in wanted.split())


def test_synonyms_of_substances_are_understood():
    known = substances()
    assert known["7-oh"] == "7_hydroxymitragynine" and known["paracetamol"] == "acetaminophen"


@pytest.mark.parametrize("text", ["0.7 h to 1.3 h", "last + 4 h", "5 @ 24 h", "13 @ 29 d to 35 d"])
def test_times_read_back_as_written(text):
    at, faults = parse_at(text, "row")
    again, _ = parse_at(str(at), "row")
    assert not faults and at == again


@pytest.mark.parametrize("name", ["plasma.csv", "plasma-check.csv", "interactions.csv"])
def test_the_observations_of_the_repository_have_no_fault(name):
    file = read(KEPT / name)
    assert not file.faults and len(file.rows) > 10


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_table_with_semicolons_and_decimal_commas_reads(tmp_path, encoding):
    path = tmp_path / "rows.csv"
    lines = [
        "id;doses;analyte;metric;value;unit",
        'a;"2,5 mg midazolam oral";midazolam;Cmax;1;ng/mL',
        'b;"2 mg midazolam oral; 2 g kratom_tea oral";midazolam;Cmax;9,5;ng/mL',
    ]
    path.write_bytes("\r\n".join(lines).encode(encoding))
    file = read(path)
    assert [(row.id, row.value, row.regimen.products) for row in file.rows] == [
        ("b", 9.5, ("midazolam", "kratom_tea"))
    ]
    assert list(file.faults) == ["a"]


def test_a_folder_and_a_missing_file_are_told_plainly(tmp_path):
    for path, found in ((tmp_path, "a folder"), (tmp_path / "none.csv", "nothing there")):
        with pytest.raises(InputError, match=f"expected a CSV file, found {found}"):
            read(path)
