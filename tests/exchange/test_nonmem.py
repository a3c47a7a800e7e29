"""Data sets of NONMEM: what each column means, by formulas, and what is refused, by line and column."""

import math
import random

import numpy as np
import pytest

import speciosa as sp
from speciosa.exchange import Compartment, read_nonmem, simulate_records

CL, V, KA = 1.1, 20.0, 1.5
K = CL / V


def model():
    m = sp.Model("one compartment")
    ka, cl, v = (
        m.parameter("KA", KA, "1/h"),
        m.parameter("CL", CL, "L/h"),
        m.parameter("V", V, "L"),
    )
    weight, standard = m.covariate("WT", 70, "kg"), m.parameter("standard", 70, "kg")
    share, lag = m.covariate("F1", 1, "1"), m.covariate("ALAG", 0, "h")
    gut, central = m.state("gut", "mg"), m.state("central", "mg")
    m.rate(gut, -ka * gut)
    m.rate(central, ka * gut - cl * weight / standard / v * central)
    m.output("plasma", central / v, "mg/L")
    m.output("gut", gut, "mg")
    m.dose_target("oral", gut)
    entering = {"bioavailability": share, "lag": lag}
    m.dose_target("iv", central, **entering)
    m.dose_target("iv R2", central, rate=m.parameter("R2", 25, "mg/h"), **entering)
    m.dose_target("iv D2", central, duration=m.parameter("D2", 8, "h"), **entering)
    return m.build()


MODEL = model()
COMPARTMENTS = {1: "oral", 2: Compartment("iv", "iv R2", "iv D2")}


def write(tmp_path, text):
    file = tmp_path / "trial.csv"
    file.write_text(text, encoding="utf-8")
    return file


def predicted(tmp_path, text, outputs="plasma", **more):
    reading = {
        k: more.pop(k) for k in ("ignore", "columns", "time_unit", "repeat_ids") if k in more
    }
    data = read_nonmem(write(tmp_path, text), **reading)
    found = simulate_records(MODEL, data, compartments=COMPARTMENTS, outputs=outputs, **more)
    assert found.failed.is_empty()
    return np.array(found.frame["PRED"])


def bolus(time, amount=100.0, k=K):
    time = np.asarray(time, dtype=float)
    return np.where(time >= 0, amount / V * np.exp(-k * np.maximum(time, 0)), 0.0)[()]


def infusion(time, amount, length):
    time = np.asarray(time, dtype=float)
    run = np.clip(time, 0, length)
    return amount / length / CL * (1 - np.exp(-K * run)) * np.exp(-K * (time - run)) * (time >= 0)


def test_a_bolus_an_infusion_and_an_oral_dose(tmp_path):
    text = """ID,TIME,AMT,RATE,CMT,DV
1,0,100,.,2,.
1,3,.,.,.,4
2,0,100,20,2,.
2,3,.,.,.,4
2,9,.,.,.,4
3,0,100,.,1,.
3,2,.,.,.,4
"""
    oral = 100 / V * KA / (KA - K) * (math.exp(-2 * K) - math.exp(-2 * KA))
    expected = [bolus(3), *infusion([3, 9], 100, 5), oral]
    np.testing.assert_allclose(predicted(tmp_path, text), expected, rtol=1e-6)


def test_names_in_any_case_white_space_comments_and_rows_left_out(tmp_path):
    text = """# made by hand
Id Time aMt cmt Dv study
1  0    100 2   .  1
C  9    9   9   9  9
1  3    .   .   4  1
1  4    .   .   4  2
"""
    data = read_nonmem(write(tmp_path, text), ignore=["@", "STUDY.EQ.2"])
    assert data.line.tolist() == [3, 5] and data.observed.tolist()[1] == 4
    assert predicted(tmp_path, text, ignore=["@", "(study >= 2)"]) == pytest.approx([bolus(3)])


def test_columns_named_by_the_caller(tmp_path):
    text = "1,0,100,x,.\n1,3,.,y,4\n"
    data = read_nonmem(
        write(tmp_path, text), columns=["ID", "TIME", "AMT", "GROUP=DROP", "DV"], ignore="#"
    )
    assert sorted(data.columns) == ["AMT", "DV", "ID", "TIME"]
    with pytest.raises(sp.InputError, match="names of columns"):
        read_nonmem(write(tmp_path, "1,0,100\n1,3,.\n"))


def test_clock_times_and_dates_count_from_the_first_record(tmp_path):
    text = """ID,DATE,TIME,AMT,CMT,DV
1,3/31/2024,22:30,100,2,.
1,4/1/2024,01:00,.,.,3
1,4/1/2024,22:30,.,.,3
"""
    data = read_nonmem(write(tmp_path, text))
    np.testing.assert_allclose(data.time_h, [0, 2.5, 24])
    np.testing.assert_allclose(predicted(tmp_path, text), bolus([2.5, 24]), rtol=1e-6)
    european = (
        text.replace("DATE", "DAT1")
        .replace("3/31", "31-3")
        .replace("4/1", "1-4")
        .replace("/2024", "-2024")
    )
    np.testing.assert_allclose(read_nonmem(write(tmp_path, european)).time_h, [0, 2.5, 24])


@pytest.mark.parametrize(("unit", "factor"), [("min", 60), ("d", 1 / 24), ("h", 1)])
def test_units_of_time(tmp_path, unit, factor):
    text = f"""ID,TIME,AMT,RATE,II,ADDL,CMT,DV
1,0,100,{20 / factor!r},{12 * factor!r},1,2,.
1,{14 * factor!r},.,.,.,.,.,1
"""
    expected = infusion(14, 100, 5) + infusion(2, 100, 5)
    assert predicted(tmp_path, text, time_unit=unit) == pytest.approx([expected], rel=1e-6)


def test_modelled_rate_and_duration(tmp_path):
    text = """ID,TIME,AMT,RATE,CMT,DV,F1
1,0,100,-1,2,.,0.5
1,1,.,.,.,1,0.5
1,6,.,.,.,1,0.5
2,0,100,-2,2,.,0.5
2,1,.,.,.,1,0.5
2,9,.,.,.,1,0.5
"""
    expected = [*infusion([1, 6], 50, 2), *infusion([1, 9], 50, 8)]
    np.testing.assert_allclose(predicted(tmp_path, text), expected, rtol=1e-6)


def test_bioavailability_and_lag_are_those_of_the_record_and_of_its_additional_doses(tmp_path):
    text = """ID,TIME,AMT,II,ADDL,CMT,DV,F1,ALAG
1,0,100,24,2,2,.,0.5,3
1,1,.,.,.,.,1,1,0
1,12,40,.,.,2,.,1,0
1,26,.,.,.,.,1,1,0
1,60,.,.,.,.,1,1,0
"""
    times = np.array([1, 26, 60])
    expected = sum(bolus(times - t, 50) for t in (3, 27, 51)) + bolus(times - 12, 40)
    np.testing.assert_allclose(predicted(tmp_path, text), expected, rtol=1e-6)


def test_a_reset_cancels_the_additional_doses_of_a_record(tmp_path):
    for columns in (("1", "1"), ("0.5", "1")):
        text = f"""ID,TIME,EVID,AMT,II,ADDL,CMT,DV,F1
1,0,1,100,24,2,2,.,{columns[0]}
1,30,3,.,.,.,.,.,{columns[1]}
1,50,0,.,.,.,.,1,{columns[1]}
"""
        assert predicted(tmp_path, text) == pytest.approx([0.0], abs=1e-12)


def test_time_begins_anew_at_a_reset_with_a_dose(tmp_path):
    text = """ID,TIME,EVID,AMT,CMT,DV
1,0,1,100,2,.
1,10,0,.,.,1
1,0,4,50,2,.
1,5,0,.,.,1
"""
    np.testing.assert_allclose(predicted(tmp_path, text), [bolus(10), bolus(5, 50)], rtol=1e-6)


def test_steady_states_in_the_place_of_what_is_there_and_added_to_it(tmp_path):
    text = """ID,TIME,AMT,II,SS,ADDL,CMT,DV
1,0,100,24,1,2,2,.
1,12,50,24,2,2,2,.
1,36,.,.,.,.,.,1
1,40,.,.,.,.,.,1
"""
    peaks = 1 / (1 - math.exp(-24 * K))
    times = np.array([0.0, 4.0])
    expected = peaks * (bolus(times + 12) + bolus(times, 50))
    np.testing.assert_allclose(predicted(tmp_path, text), expected, rtol=1e-6)


def test_an_infusion_from_ever_ends_at_its_record(tmp_path):
    text = """ID,TIME,AMT,RATE,SS,CMT,DV
1,0,0,10,1,2,.
1,5,.,.,.,.,1
"""
    assert predicted(tmp_path, text) == pytest.approx([10 / CL * math.exp(-5 * K)], rel=1e-6)


def test_covariates_from_their_record_on_or_from_the_one_before(tmp_path):
    text = """ID,TIME,AMT,CMT,DV,WT
1,0,100,2,.,70
1,10,.,.,1,140
1,20,.,.,1,.
"""
    forward = [bolus(10), bolus(10) * math.exp(-10 * 2 * K)]
    np.testing.assert_allclose(predicted(tmp_path, text), forward, rtol=1e-6)
    backward = [bolus(10, k=2 * K), bolus(20, k=2 * K)]
    np.testing.assert_allclose(predicted(tmp_path, text, carry="nocb"), backward, rtol=1e-6)


def test_observations_before_and_after_a_dose_of_the_same_time(tmp_path):
    text = """ID,TIME,AMT,CMT,DV
1,0,100,2,.
1,12,.,.,1
1,12,100,2,.
2,0,100,2,.
2,12,100,2,.
2,12,.,.,1
"""
    np.testing.assert_allclose(
        predicted(tmp_path, text), [bolus(12), bolus(12) + bolus(0)], rtol=1e-6
    )
    between = text.replace("2,12,100,2,.\n2,12,.,.,1\n", "2,12,9,2,.\n2,12,.,.,1\n2,12,9,2,.\n")
    with pytest.raises(sp.InputError, match="line 7.*one between two"):
        predicted(tmp_path, between)


def test_outputs_by_dvid(tmp_path):
    text = """ID,TIME,AMT,CMT,DV,DVID
1,0,100,1,.,0
1,1,.,.,1,1
1,1,.,.,1,2
"""
    gut = 100 * math.exp(-KA)
    plasma = 100 / V * KA / (KA - K) * (math.exp(-K) - math.exp(-KA))
    found = predicted(tmp_path, text, outputs={1: "plasma", 2: "gut"})
    np.testing.assert_allclose(found, [plasma, gut], rtol=1e-6)
    with pytest.raises(sp.InputError, match="line 4, DVID"):
        predicted(tmp_path, text, outputs={1: "plasma"})


def test_values_for_each_individual(tmp_path):
    text = "ID,TIME,AMT,CMT,DV\n7,0,100,2,.\n7,5,.,.,1\n3,0,100,2,.\n3,5,.,.,1\n"
    found = predicted(tmp_path, text, parameters={"V": [10.0, 40.0]})
    expected = [100 / v * math.exp(-CL / v * 5) for v in (10, 40)]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


HEADER = "ID,TIME,EVID,AMT,RATE,DUR,II,ADDL,SS,CMT,DV,MDV,WT\n"
GOOD = "1,0,1,100,0,0,0,0,0,2,.,1,70\n1,1,0,0,0,0,0,0,0,2,3,0,70\n"


def test_the_records_that_are_changed_below_are_right(tmp_path):
    assert predicted(tmp_path, HEADER + GOOD) == pytest.approx([bolus(1)])


@pytest.mark.parametrize(
    ("row", "place"),
    [
        ("?1,2,0,0,0,0,0,0,0,2,3,0,70", "line 4, ID"),
        (".,2,0,0,0,0,0,0,0,2,3,0,70", "line 4, ID"),
        ("1,noon,0,0,0,0,0,0,0,2,3,0,70", "line 4, TIME"),
        ("1,0.5,0,0,0,0,0,0,0,2,3,0,70", "line 4, TIME"),
        ("1,2,5,0,0,0,0,0,0,2,3,0,70", "line 4, EVID"),
        ("1,2,1,0,0,0,0,0,0,2,3,0,70", "line 4, AMT"),
        ("1,2,1,-5,0,0,0,0,0,2,3,0,70", "line 4, AMT"),
        ("1,2,1,ten,0,0,0,0,0,2,3,0,70", "line 4, AMT"),
        ("1,2,1,inf,0,0,0,0,0,2,3,0,70", "line 4, AMT"),
        ("1,2,0,5,0,0,0,0,0,2,3,0,70", "line 4, AMT"),
        ("1,2,1,5,-3,0,0,0,0,2,3,0,70", "line 4, RATE"),
        ("1,2,1,5,2,1,0,0,0,2,3,0,70", "line 4, DUR"),
        ("1,2,1,5,0,-1,0,0,0,2,3,0,70", "line 4, DUR"),
        ("1,2,1,5,0,0,-12,3,0,2,3,0,70", "line 4, II"),
        ("1,2,1,5,0,0,0,3,0,2,3,0,70", "line 4, II"),
        ("1,2,1,5,0,0,12,1e9,0,2,3,0,70", "line 4, ADDL"),
        ("1,2,1,5,0,0,12,1.5,0,2,3,0,70", "line 4, ADDL"),
        ("1,2,1,5,0,0,0,0,1,2,3,0,70", "line 4, II"),
        ("1,2,1,5,0,0,12,0,3,2,3,0,70", "line 4, SS"),
        ("1,2,1,5,0,0,0,0,0,-2,3,0,70", "line 4, CMT"),
        ("1,2,1,5,0,0,0,0,0,9,3,0,70", "line 4, CMT"),
        ("1,2,1,5,-1,0,0,0,0,1,3,0,70", "line 4, RATE"),
        ("1,2,0,0,0,0,0,0,0,2,3,7,70", "line 4, MDV"),
        ("2,2,0,0,0,0,0,0,0,2,3,0,.", "line 4, WT"),
        ("1,2,0,0,0,0,0", "line 4"),
        ("2,2,1,5,0,0,12,0,1,2,.,1,70\n2,2,1,5,0,0,12,0,1,2,.,1,70", "line 5, SS"),
        ("2,0,0,0,0,0,0,0,0,2,3,0,70\n1,9,0,0,0,0,0,0,0,2,3,0,70", "line 5, ID"),
    ],
)
def test_what_is_wrong_is_said_by_line_and_column(tmp_path, row, place):
    with pytest.raises(sp.InputError, match=f"trial.csv, {place}"):
        predicted(tmp_path, HEADER + GOOD + row + "\n")


def corrupted(text, rng):
    """One corruption of those that files suffer."""
    lines = text.splitlines()
    kind = rng.randrange(12)
    if kind < 6:
        row, word = (
            rng.randrange(len(lines)),
            rng.choice(
                [
                    "",
                    ".",
                    "x",
                    "-1",
                    "1e9",
                    "1e308",
                    "nan",
                    "inf",
                    '"',
                    "1,2",
                    "\ufeff",
                    "9999999999",
                    "0x1F",
                    "１２",
                    "-0.5",
                ]
            ),
        )
        cells = lines[row].split(",")
        cells[rng.randrange(len(cells))] = word
        lines[row] = ",".join(cells)
    elif kind == 6:
        lines.insert(rng.randrange(len(lines)), rng.choice(lines))
    elif kind == 7:
        del lines[rng.randrange(len(lines))]
    elif kind == 8:
        rng.shuffle(lines)
    elif kind == 9:
        whole = "\n".join(lines)
        return whole[: rng.randrange(len(whole))]
    elif kind == 10:
        return "\r\n".join(lines) + rng.choice(["", "\x00", "\x1b[2J", "\n\n\n"])
    else:
        place = rng.randrange(len(lines))
        lines[place] = lines[place].replace(",", rng.choice([";", "\t", " ", ""]))
    return "\n".join(lines) + "\n"


SOUND = HEADER + "".join(
    f"{i},0,1,100,0,0,24,2,0,2,.,1,{60 + i}\n{i},1,0,0,0,0,0,0,0,2,3,0,.\n{i},30,0,0,0,0,0,0,0,2,2,0,75\n"
    for i in (1, 2, 3)
)


def survive(tmp_path, seeds):
    read = 0
    for seed in seeds:
        rng = random.Random(seed)
        text = SOUND
        for _ in range(rng.randint(1, 3)):
            text = corrupted(text, rng) or "x"
        file = tmp_path / "trial.csv"
        file.write_bytes(text.encode("utf-8", "surrogatepass"))
        try:
            data = read_nonmem(file)
            found = simulate_records(MODEL, data, compartments=COMPARTMENTS, outputs="plasma")
        except sp.InputError as error:
            assert all(fault.where for fault in error.faults)
            continue
        read += 1
        values = found.frame["PRED"].drop_nulls()
        assert values.is_finite().all() and (values >= 0).all()
    return read


def test_corrupted_files_are_refused_by_place_or_read(tmp_path):
    assert 10 <= survive(tmp_path, range(120)) <= 100


@pytest.mark.slow
def test_a_thousand_corrupted_files(tmp_path):
    survive(tmp_path, range(1000, 2000))
