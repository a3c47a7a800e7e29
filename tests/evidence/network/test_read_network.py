"""Bad tables: every fault at once, by study, with a way out; good tables in any spelling."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speciosa.errors import EvidenceError
from speciosa.evidence.network.faults import variance_residual
from speciosa.evidence.network.read import read_network


def arms(*rows):
    return [dict(zip(("study", "treatment", "events", "n"), row, strict=True)) for row in rows]


def contrasts(*rows):
    return [
        dict(zip(("study", "treat1", "treat2", "effect", "se"), row, strict=True)) for row in rows
    ]


def faults(table, **options):
    with pytest.raises(EvidenceError) as caught:
        read_network(table, **options)
    return str(caught.value)


def test_all_faults_at_once_by_study():
    said = faults(
        arms(
            ("Lee", "methadone", 12, 10),
            ("Lee", "placebo", -1, 10),
            ("Kim", "methadone", 3, 10),
            ("Ono", "methadon", 3, 10),
            ("Ono", "placebo", 3, 0),
            ("Ray", "placebo", "many", 20),
            ("Ray", "methadone", 3, 20),
            ("Ray", "methadone", 3, 20),
            ("Xu", "naltrexone", 3, 20),
            ("Xu", "lofexidine", 4, 20),
        ),
        reference="plasebo",
    )
    assert "study 'Lee', arm 'methadone', events: expected at most n = 10, found 12" in said
    assert "study 'Lee', arm 'placebo', events: expected 0 or more, found -1" in said
    assert "study 'Kim': expected two or more treatments, found one, 'methadone'" in said
    assert "treatment 'methadon' (study 'Ono')" in said
    assert "Did you mean 'methadone'?" in said
    assert "study 'Ono', arm 'placebo', n: expected above 0, found 0" in said
    assert "row 6, study 'Ray', events: expected a number, found many" in said
    assert (
        "study 'Ray': expected each treatment once, found treatment 'methadone' 2 times (row 7, row 8)"
        in said
    )
    assert "2 islands" in said
    assert "lofexidine, naltrexone (studies Xu)" in said
    assert "reference: expected one of" in said
    assert "Did you mean placebo?" in said


@pytest.mark.parametrize("se", [0.0, -0.2])
def test_a_standard_error_must_be_above_zero(se):
    said = faults(contrasts(("Lee", "a", "b", 0.1, se)))
    assert "study 'Lee', a minus b, se: expected above 0" in said


def test_contrast_of_a_treatment_with_itself_and_missing_contrasts():
    said = faults(
        contrasts(
            ("Lee", "a", "a", 0.1, 0.1), ("Kim", "a", "b", 0.1, 0.1), ("Kim", "a", "c", 0.1, 0.1)
        )
    )
    assert "study 'Lee': expected two different treatments, found a minus a" in said
    assert "study 'Kim': expected all 3 contrasts of its 3 arms, found none of b with c" in said


def test_contradicting_effects_and_variances_show_their_residual():
    said = faults(
        contrasts(
            ("Lee", "a", "b", 1.0, 0.2),
            ("Lee", "a", "c", 3.0, 0.2),
            ("Lee", "b", "c", 1.0, 0.6),
        )
    )
    assert (
        "study 'Lee', effects: expected (a - b) + (b - c) equal to (a - c), found a residual of -1"
        in said
    )
    assert (
        "study 'Lee', standard errors: expected contrast variances that are sums of arm variances"
        in said
    )
    assert "a residual of" in said


def test_published_rounding_is_no_contradiction():
    table = contrasts(
        ("Willms", "metf", "acar", -0.2, 0.3579),
        ("Willms", "metf", "plac", -1.2, 0.3758),
        ("Willms", "acar", "plac", -1.005, 0.4669),
    )
    assert len(read_network(table).studies) == 1


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0.01, 2.0), min_size=3, max_size=5))
def test_sums_of_arm_variances_never_contradict(own):
    own = np.array(own)
    variance = own[:, None] + own[None, :]
    np.fill_diagonal(variance, 0.0)
    assert variance_residual(variance)[0] < 1e-6


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("buprenorphine", "Buprenorphine", True),
        ("XR naltrexone", "xr_naltrexone", True),
        ("buprenorphine", "buprenorfine", True),
        ("methadone", "metadone", True),
        ("lofexidine", "lofexdine", True),
        ("methadone", "methadone_low", False),
        ("prednisone", "prednisolone", False),
        ("naltrexone 25 mg", "naltrexone 50 mg", False),
        ("T1", "T2", False),
        ("insulin a", "insulin b", False),
        ("ind_counseling", "grp_counseling", False),
        ("hydrocodone", "oxycodone", False),
        ("codeine", "dihydrocodeine", False),
        ("acar", "acat", False),
    ],
)
def test_one_treatment_spelled_two_ways(one, other, same):
    table = arms(
        ("1", one, 3, 20), ("1", "placebo", 2, 20), ("2", other, 3, 20), ("2", "placebo", 4, 20)
    )
    if same:
        assert f"Did you mean '{other}'?" in faults(table) or f"Did you mean '{one}'?" in faults(
            table
        )
        assert len(read_network(table, distinct=[one, other]).treatments) == 3
    else:
        assert len(read_network(table).treatments) == 3


def test_names_compared_by_a_trial_are_different():
    table = arms(("1", "clonidine", 3, 20), ("1", "clonidina", 2, 20))
    assert len(read_network(table).treatments) == 2


def test_one_study_spelled_two_ways():
    said = faults(
        arms(
            ("Lee 2001", "a", 1, 9),
            ("Lee 2001", "b", 2, 9),
            ("lee 2001", "a", 1, 9),
            ("lee 2001", "b", 2, 9),
        )
    )
    assert "study 'lee 2001': expected one spelling of a name, as in 'Lee 2001'" in said


def test_one_trial_under_two_names_is_noted():
    table = arms(("1", "a", 5, 91), ("1", "b", 7, 83), ("2", "b", 7, 83), ("2", "a", 5, 91))
    assert read_network(table).notes == (
        "Studies '1' and '2' hold the same numbers: one trial entered twice?",
    )


def test_leaving_out_can_disconnect_and_says_so():
    said = faults(
        arms(("1", "a", 1, 9), ("1", "b", 2, 9), ("2", "b", 0, 9), ("2", "c", 0, 9)), reference="c"
    )
    assert "reference: expected one of a, b, found 'c'" in said
    assert "2 (no event in any arm)" in said


@pytest.mark.parametrize(
    ("columns", "shape"),
    [
        ({"studlab": ["1"], "T1": ["a"], "T2": ["b"], "TE": [0.1], "seTE": [0.2]}, "MD"),
        ({"Study": ["1", "1"], "trt": ["a", "b"], "r": [1, 2], "n": [9, 9]}, "OR"),
        ({"study": ["1", "1"], "treatment": ["a", "b"], "events": [1, 2], "time": [9.5, 9]}, "IRR"),
        (
            {
                "study": ["1", "1"],
                "treatment": ["a", "b"],
                "mean": [1, 2],
                "sd": [1, 1],
                "n": [9, 9],
            },
            "MD",
        ),
        ({"study": ["1", "1"], "treatment": ["a", "b"], "mean": [1, 2], "se": [1, 1]}, "MD"),
    ],
)
def test_spellings_and_shapes(columns, shape):
    assert read_network(columns).measure == shape
    assert read_network(pl.DataFrame(columns)).measure == shape


def test_other_tables_say_what_is_expected():
    assert "columns: expected one of: study, treat1, treat2, effect, se" in faults(
        {"study": ["1"], "dose": [2]}
    )
    assert "table: expected at least one row" in faults([])
    assert "measure: expected one of OR, RR, RD, ASD" in faults(
        arms(("1", "a", 1, 9), ("1", "b", 1, 9)), measure="MD"
    )


def test_a_file_with_semicolons_and_a_byte_order_mark(tmp_path):
    path = tmp_path / "trials.csv"
    path.write_text("\ufeffstudy;treatment;events;n\n1;a;3;20\n1;b;4;20\n\n", encoding="utf-8")
    assert read_network(path).treatments == ("a", "b")


def test_a_missing_file_and_a_ragged_one(tmp_path):
    assert "expected a CSV, Excel or Parquet file" in faults(tmp_path / "none.csv")
    path = tmp_path / "ragged.csv"
    path.write_text("study,treatment,events,n\n1,a,3\n1,b,4,20,7\n", encoding="utf-8")
    said = faults(path)
    assert "line 2: expected 4 cells" in said
    assert "line 3: expected 4 cells" in said


def test_the_measure_decides_where_columns_allow_several():
    both = {
        "study": ["1", "1"],
        "treatment": ["a", "b"],
        "events": [3, 5],
        "n": [20, 20],
        "time": [9.5, 9.1],
        "mean": [1.0, 2.0],
        "sd": [1.0, 1.0],
    }
    assert read_network(both).measure == "OR"
    for measure in ("RR", "IRR", "MD", "SMD"):
        assert read_network(both, measure=measure).measure == measure


def test_time_that_was_not_used_is_told_where_no_measure_was_asked_for():
    table = {
        "study": ["A", "A"],
        "treatment": ["x", "p"],
        "events": [10, 20],
        "n": [100, 100],
        "person_years": [250, 240],
    }
    (note,) = read_network(table).notes
    assert "'person_years' was not used" in note and "--measure IRR" in note
    assert read_network(table, measure="OR").notes == read_network(table, measure="IRR").notes == ()


def test_marks_between_digits_are_no_spelling():
    table = arms(
        ("1.1", "T1.1", 3, 20), ("1.1", "T0", 4, 20), ("11", "T11", 3, 20), ("11", "T0", 5, 20)
    )
    network = read_network(table)
    assert len(network.studies) == 2
    assert network.treatments == ("T0", "T1.1", "T11")


def test_a_broken_parquet_file_is_told(tmp_path):
    path = tmp_path / "arms.parquet"
    path.write_bytes(b"PAR1 but no more")
    with pytest.raises(EvidenceError, match="a table of studies"):
        read_network(path)


@pytest.mark.parametrize(("events", "few"), [((4, 9, 4, 8), True), ((4, 9, 5, 8), False)])
def test_few_events_in_most_studies_are_said(events, few):
    rows = {
        "study": ["A", "A", "B", "B"],
        "treatment": ["x", "p", "x", "p"],
        "events": list(events),
        "n": [300] * 4,
    }
    for measure, told in (("OR", few), ("RD", False)):
        notes = read_network(rows, measure=measure).notes
        assert any(note.startswith("Rare events") for note in notes) is told
    contrasts = {"study": ["A"], "treat1": ["x"], "treat2": ["p"], "effect": [0.1], "se": [0.2]}
    assert not any("Rare" in note for note in read_network(contrasts, measure="OR").notes)
