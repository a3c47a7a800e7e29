"""State, links, questions and study files of the app."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("shiny", reason="needs the extra `app`")

from speciosa.app.asking import choices
from speciosa.app.asking.choices import SUBSTITUTES
from speciosa.app.asking.fields import fields
from speciosa.app.asking.questions import ask, from_study_text, sized, study_text, weights
from speciosa.app.asking.state import accept, read_query, write_query
from speciosa.app.page import plan_view, sources, trial_view
from speciosa.app.serving.server import check_address
from speciosa.errors import InputError
from speciosa.regimen import parse_regimen
from speciosa.study.endpoints import definitions
from speciosa.units import hours

QUERY = "arm1=75 mg kratom_extract oral every 8 h x 42&name1=Extract&cyp2d6=poor&weight=80&with=5 mg midazolam oral"


def test_defaults_are_accepted_by_their_own_fields() -> None:
    for field in fields().values():
        assert field.read(field.default) == field.default


def test_a_link_reads_back() -> None:
    state = read_query(QUERY)
    assert read_query(write_query(state)) == state
    assert write_query(accept({})[0]) == ""


def test_the_search_finds_a_topic_of_safety_and_opens_it() -> None:
    found = "".join(sources.view(read_query("q=pregnancy")).parts)
    assert 'data-entry="pregnancy and the newborn"' in found
    opened = "".join(sources.view(read_query("entry=pregnancy and the newborn")).parts)
    assert "Withdrawal of the newborn is expected and treatable" in opened


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(("q", "name1", "place", "entry")), st.text(max_size=80), max_size=4
    )
)
def test_any_text_of_a_free_field_reads_back_or_is_refused(written: dict[str, str]) -> None:
    state, faults = accept(written)
    assert read_query(write_query(state)) == state
    for name, text in written.items():
        assert name in faults or state[name] == text.strip()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_link_is_read_or_refused(text: str) -> None:
    try:
        assert read_query(text)
    except InputError as error:
        assert error.faults


def test_every_fault_of_a_link_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read_query("weight=-1&age=old&zebra=1&page=home")
    said = str(caught.value)
    assert len(caught.value.faults) == 4
    assert all(word in said for word in ("weight", "age", "zebra", "page"))


def test_the_page_asks_what_it_shows() -> None:
    found = ask(read_query(QUERY))
    assert found.study is not None and found.faults == {}
    assert found.study.population.covariates == "weight=80 kg; cyp2d6=poor"
    assert [arm.name for arm in found.study.arms] == ["Extract", "Morphine", "Placebo"]
    assert all(arm.comedication == "5 mg midazolam oral" for arm in found.study.arms)


def test_a_study_file_shows_the_same_question_again() -> None:
    study = ask(read_query(QUERY)).study
    assert study is not None
    again = ask(from_study_text(study_text(study))).study
    assert again is not None
    assert again.arms == study.arms
    assert again.population == study.population
    assert again.follow_up == study.follow_up


def test_what_the_page_cannot_show_of_a_study_file_is_said() -> None:
    study = ask(read_query(QUERY)).study
    assert study is not None
    arm = study.arms[0].model_copy(update={"taper": "7 d", "covariates": "cyp2d6=poor"})
    with pytest.raises(InputError) as caught:
        from_study_text(study_text(study.model_copy(update={"arms": (arm, *study.arms[1:])})))
    assert "taper" in str(caught.value) and "covariates" in str(caught.value)


def test_withdrawal_stops_tapers_and_substitutes() -> None:
    study = ask(
        read_query(
            "page=withdrawal&from=5 g kratom_leaf oral every 8 h x 42&taper=4&instead=methadone"
        )
    ).study
    assert study is not None
    stop, taper, instead = study.arms
    assert stop.stop_h == instead.stop_h == 336
    assert taper.stop_h == 336 + 96
    assert instead.comedication == "30 mg methadone oral every 24 h x 10 at 336 h"


def test_an_untouched_withdrawal_page_stops_and_tapers_and_sees_what_follows() -> None:
    study = ask(read_query("page=withdrawal")).study
    assert study is not None
    stop, taper = study.arms
    assert taper.taper and stop.comedication == taper.comedication == "none"
    assert hours(study.follow_up.until) >= taper.stop_h + 7 * 24


def test_withdrawal_is_not_read_from_the_week_before_the_stop() -> None:
    study = ask(read_query("page=withdrawal")).study
    assert study is not None
    chosen = [definitions()[key] for key in study.follow_up.outcomes]
    assert {d.key for d in chosen} >= {"withdrawal_worst", "breathing_fall"}
    assert all(d.window != "first_week" for d in chosen)
    weighed = {entry.outcome for entry in study.benefit_risk.criteria}
    assert weighed and weighed <= {d.key for d in chosen}


@pytest.mark.parametrize("substitute", SUBSTITUTES)
@pytest.mark.parametrize("days", ["15", "21", "60"])
def test_a_substitute_ends_with_the_follow_up(substitute: str, days: str) -> None:
    found = ask(read_query(f"page=withdrawal&taper=&instead={substitute}&days={days}"))
    assert found.study is not None, found.faults
    last = found.study.arms[-1]
    given = parse_regimen(last.comedication)
    until_h = hours(found.study.follow_up.until)
    assert not given.doses or given.last_h < until_h
    assert days == "21" or until_h == 24 * int(days)
    assert (last.name == f"{SUBSTITUTES[substitute][0]} instead") == bool(substitute)


def test_faults_of_a_question_stand_beside_their_fields() -> None:
    found = ask(read_query("arm1=5 g kratm_leaf oral&age=119&days=2"))
    assert found.study is None
    assert "Did you mean kratom_leaf" in str(found.faults["arm1"][0])
    assert "end of follow-up" in str(found.faults["arm2"][0])


def test_weights_move_the_study() -> None:
    state = read_query("w=pain_relief:100,breathing_fall:0")
    assert weights(state, "pain")["pain_relief"] == 100
    study = ask(state).study
    assert study is not None
    stated = {entry.outcome: entry.weight for entry in study.benefit_risk.criteria}
    assert stated["pain_relief"] == 100 and stated["breathing_fall"] == 0


def test_a_preview_is_the_same_question_to_fewer_people() -> None:
    study = ask(accept({})[0]).study
    assert study is not None
    quick = sized(study, (100, 5))
    assert (quick.population.patients, quick.population.draws) == (100, 5)
    assert quick.arms == study.arms


@pytest.mark.parametrize(
    ("host", "token", "fine"),
    [
        ("127.0.0.1", "", True),
        ("0.0.0.0", "", False),
        ("0.0.0.0", "short", False),
        ("0.0.0.0", "abcdefgh12345678", True),
    ],
)
def test_another_address_needs_a_token(host: str, token: str, fine: bool) -> None:
    if fine:
        check_address(host, token)
        return
    with pytest.raises(InputError):
        check_address(host, token)


def test_others_are_compared_with_stopping_at_once_or_with_no_drug() -> None:
    state, faults = accept({})
    assert not faults
    asked = ask(state, "withdrawal").study
    assert asked is not None
    assert asked.reference == asked.arms[0].name
    assert "breathing_below_half" not in asked.follow_up.outcomes


@pytest.mark.slow
def test_the_page_trial_shows_more_power_for_more_people() -> None:
    words = "page=trial&trial=kratom-pain-withdrawal&people={}&completes=90"
    few, many = (trial_view.view(read_query(words.format(n))) for n in (40, 160))
    power = [
        int(re.search(r"<h2>With \d+ people, (\d+)%", str(v.parts[0]))[1]) for v in (few, many)
    ]
    assert power[0] < power[1]
    assert "This rests on assumptions" in str(many.parts[2])
    assert len(many.figures) == 1


def test_the_page_plan_says_first_what_rests_on_assumption() -> None:
    words = "page=plan&plan=opioid-use-disorder: Kratom leaf&against=opioid-use-disorder: Detoxification alone&followed=26 wk"
    shown = plan_view.view(read_query(words))
    text = "".join(map(str, shown.parts))
    assert text.index("rests on assumed retention") < text.index("Median and")
    assert "recommends nothing" in text and "Detoxification alone" in text
    assert len(shown.figures) == 2


def test_the_page_plan_refuses_what_it_does_not_know_and_what_cannot_be_compared() -> None:
    for wrong in ("plan=tea", "against=opioid-use-disorder: tea", "followed=4 y"):
        with pytest.raises(InputError):
            read_query(f"page=plan&{wrong}")
    pain = next(key for key in choices.plan_arms() if key.startswith("chronic-pain"))
    with pytest.raises(InputError, match="same people"):
        plan_view.view(read_query(f"page=plan&against={pain}"))


def test_the_page_trial_refuses_sizes_that_no_trial_has() -> None:
    for wrong in ("people=3", "people=9999", "completes=120", "trial=tea"):
        with pytest.raises(InputError):
            read_query(f"page=trial&{wrong}")
