"""The law by place: dated, looked up or marked stale, and no place taken for another."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from speciosa import facts
from speciosa.errors import UnknownPlaceError
from speciosa.facts.monographs import lines
from speciosa.facts.places import FRESH_DAYS, namesake, place_code, standing
from speciosa.facts.tables import DATA, read_rows
from speciosa.report.sections.state_law import STATES, by_state, state_maps, states_table

DAY = date(2026, 12, 9)
ASKED = {
    "Laos": "LA", "Cambodia": "KH", "Philippines": "PH", "India": "IN", "China": "CN", "Turkey": "TR",
    "Ukraine": "UA", "Iceland": "IS", "Serbia": "RS", "Puerto Rico": "US-PR", "Guam": "US-GU",
    "US Virgin Islands": "US-VI", "American Samoa": "US-AS", "Northern Mariana Islands": "US-MP",
}  # fmt: skip


@pytest.mark.parametrize(("name", "code"), ASKED.items())
def test_places_that_people_ask_for_are_answered(name: str, code: str) -> None:
    found = facts.legal(name)
    assert {row.code for row in found} == {code}
    assert all(row.looked_up_on and row.citation for row in found)


@pytest.mark.parametrize(
    ("name", "code"),
    {
        "Washington DC": "US-DC",
        "Washington, D.C.": "US-DC",
        "Washington State": "US-WA",
        "State of Ohio": "US-OH",
        "Alabama, USA": "US-AL",
        "the Netherlands": "NL",
        "Holland": "NL",
        "Deutschland": "DE",
        "CNMI": "US-MP",
    }.items(),  # fmt: skip
)
def test_a_place_is_found_by_what_people_call_it(name: str, code: str) -> None:
    assert {row.code for row in facts.legal(name) if row.code == code} == {code}


@pytest.mark.parametrize(
    "name", ["Bangladesh", "Bhutan", "Nepal", "Panama", "Mali", "Niger", "Gambia", "Armenia"]
)
def test_a_country_without_a_row_gets_no_other_place_for_an_answer(name: str) -> None:
    with pytest.raises(UnknownPlaceError) as error:
        facts.legal(name)
    assert f"{name} is not in the fact base" in str(error.value)
    assert "Did you mean" not in str(error.value)


def test_a_slip_of_the_pen_is_still_put_right() -> None:
    with pytest.raises(UnknownPlaceError, match="Did you mean Tennessee"):
        facts.legal("Tenessee")
    with pytest.raises(UnknownPlaceError, match="prints every place"):
        facts.legal("Atlantis")


def test_no_country_is_offered_the_law_of_another() -> None:
    """Of all countries of ISO 3166, none without a row gets a suggestion, and a row found is its own."""
    for row in read_rows(DATA / "countries.csv"):
        code, name = row.cells["code"], row.cells["name"]
        try:
            found = place_code(name)
        except UnknownPlaceError as error:
            assert error.nearest == (), name
        else:
            own = f"US-{code}" if code in ("AS", "GU", "MP", "PR", "VI") else code
            assert found == own or "read as the state" in namesake(name), name


def test_two_letters_of_a_country_and_of_a_state_are_told_apart() -> None:
    assert (place_code("LA"), place_code("US-LA")) == ("LA", "US-LA")
    assert "US-LA" in namesake("LA") and "Louisiana" in namesake("LA")
    assert namesake("Texas") == namesake("US-TX") == namesake("Laos") == ""


def test_every_row_is_dated_and_looked_up_or_called_stale() -> None:
    for row in facts.legal():
        assert row.as_of
        stands = standing(row, DAY)
        assert stands.stale == (not row.looked_up_on), row.id
        assert ("stale" in str(lines.law(row, DAY))) == stands.stale


@given(st.integers(0, 4000))
def test_an_answer_ages_by_the_day_and_is_stale_after_sixty(days: int) -> None:
    row = facts.legal("US-TX", of="kratom")[0]
    looked = date.fromisoformat(row.looked_up_on)
    stands = standing(row, looked + timedelta(days=days))
    assert stands.age_days == days
    assert stands.stale == (days > FRESH_DAYS)


def test_a_date_of_the_row_that_has_passed_makes_it_stale() -> None:
    row = facts.legal("US-KY", of="kratom")[0].model_copy(update={"looked_up_on": "2027-06-30"})
    assert not standing(row, date(2027, 6, 30)).stale
    assert "was to become banned on 2027-07-01" in standing(row, date(2027, 7, 1)).remark
    ends = facts.legal("US", of="mgm_15")[0].model_copy(update={"looked_up_on": "2028-08-25"})
    assert not standing(ends, date(2028, 8, 25)).stale
    assert "was to end on 2028-08-26" in standing(ends, date(2028, 8, 26)).remark


def test_every_state_has_a_statute_an_order_or_a_dated_search_for_each_substance() -> None:
    assert len(STATES) == 51
    found = by_state(row.model_dump() for row in facts.legal())
    for substance in ("kratom", "7_hydroxymitragynine"):
        rows = [found[code][substance] for code in STATES]
        for row in rows:
            assert row["citation"] and row["looked_up_on"], row["id"]
            if row["status"] == "legal":
                assert row["citation"].startswith("none"), row["id"]
        assert sum(row["status"] == "unclear" for row in rows) <= 6
    # What nobody could find is no guess: a rule without its statute or order is called so.
    assert not [
        row.id
        for row in facts.legal()
        if row.status == "regulated" and row.citation.startswith("none")
    ]


def test_the_map_is_read_without_colours_and_the_table_says_the_same() -> None:
    rows = [row.model_dump() for row in facts.legal()]
    drawn = str(state_maps(rows))
    assert drawn.count("<span class=") == 2 * 51
    assert "TN<b>●</b>" in drawn and "KY<b>◐*</b>" in drawn and "DC<b>?</b>" in drawn
    table = str(states_table(rows))
    assert table.count('<th scope="row">') == 51
    assert "444.003" in table and ", enacted: banned from 2027-07-01" in table


def test_json_gives_the_age_of_every_answer() -> None:
    import typer

    from speciosa.cli.commands import register

    app = typer.Typer()
    register(app)
    found = json.loads(
        CliRunner().invoke(app, ["legal", "LA", "--json", "--on", "2027-03-01"]).stdout
    )
    assert found["note"].startswith("LA was read as Laos")
    assert [(row["age_days"], row["stale"]) for row in found["rows"]] == [(92, True)]


def test_every_row_was_looked_up_within_sixty_days_of_the_release():
    """On 29 November 2026 nothing was stale; what grows old says so by itself."""
    day = date(2026, 11, 29)
    assert [row.id for row in facts.legal() if standing(row, day).stale] == []
    assert all(row.citation for row in facts.legal())
    assert {row.status for row in facts.legal("SK", of="kratom")} == {"scheduled"}
