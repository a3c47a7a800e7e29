"""What a reader gets: names, the unknown, one thing against everything, and the command."""

import json

import pytest
from typer.testing import CliRunner

import speciosa as sp
from speciosa.cli import app, commands
from speciosa.errors import InputError, UnknownNameError
from speciosa.interaction import interactions
from speciosa.interaction.parties import names_to_offer, party
from speciosa.interaction.profile import listed, profile

if not app.registered_commands:
    commands.register(app)


def test_brands_classes_plurals_and_products_are_understood() -> None:
    assert interactions("Xanax", "OxyContin").severity == "serious"
    assert interactions("SSRIs", "MAOI").severity == "contraindicated"
    assert interactions("benzodiazepine", "opioids").severity == "serious"
    assert interactions("St John's wort", "methadone").pairs[0].findings[0].change in (
        "lowers",
        "adds",
    )
    assert party("7-OH").substances == ("7_hydroxymitragynine",)
    assert party("kratom capsule").substances == ("mitragynine",)
    assert party("7oh tablet").substances == ("7_hydroxymitragynine",)


def test_each_part_of_a_combination_counts() -> None:
    found = interactions("Percocet", "alcohol").pairs[0]
    assert {finding.mechanism for finding in found.findings} >= {"breathing", "liver"}


def test_every_name_that_is_offered_is_understood_and_whole() -> None:
    for name in names_to_offer():
        label = party(name).label
        assert label.count("(") == label.count(")"), name


def test_what_studies_of_a_pair_found_is_told_with_its_document() -> None:
    found = interactions("dextromethorphan", "paroxetine")
    seen = next(each.observed for each in found.pairs[0].findings if each.observed)
    assert seen.references == ("storelli2019cyp2d6",)
    assert seen.ratio == pytest.approx(11.55)
    assert "gene-drug-drug" in json.dumps(found.as_dict())


def test_unknown_names_get_suggestions_and_nonsense_does_not_pass() -> None:
    with pytest.raises(UnknownNameError, match="sertraline"):
        interactions("kratom", "sertralin")
    with pytest.raises(InputError, match="twice"):
        interactions("Prozac", "fluoxetine")
    with pytest.raises(InputError, match="one name"):
        interactions()


def test_what_is_not_known_is_said_and_is_no_none() -> None:
    found = interactions("kratom", "levothyroxine").pairs[0]
    assert found.severity == "not known"
    assert not found.findings
    assert "not known" in found.unknown


def test_none_expected_needs_both_to_have_been_gone_through() -> None:
    substances = listed()
    quiet = [name for name in substances if not profile(name).described]
    assert "mitragynine" in quiet
    for name in quiet:
        for other in ("acetaminophen", "amoxicillin", "omeprazole"):
            if name == other:
                continue
            pair = interactions(name, other).pairs[0]
            explicit = any(finding.closeness == 4 for finding in pair.findings)
            assert pair.severity != "none expected" or explicit, (name, other)


def test_what_was_studied_without_effect_overrides_the_enzyme() -> None:
    found = interactions("kratom", "dextromethorphan").pairs[0]
    about = [finding for finding in found.findings if finding.victim == "dextromethorphan"]
    assert [finding.change for finding in about] == ["none"]
    assert found.severity == "moderate"  # serotonin


def test_observed_stands_beside_predicted() -> None:
    finding = interactions("kratom", "midazolam").pairs[0].findings
    size = next(each for each in finding if each.victim == "midazolam")
    assert size.observed is not None and size.observed.ratio == pytest.approx(1.39)
    assert size.predicted is not None and size.predicted.low < 1.39 < size.predicted.high


def test_one_name_against_everything() -> None:
    found = sp.interactions("naltrexone")
    worst = {pair.other.id for pair in found.pairs if pair.severity == "contraindicated"}
    assert {"morphine", "methadone", "buprenorphine", "tramadol", "heroin"} <= worst
    assert found.checked > 400
    assert "not known" not in {pair.severity for pair in found.pairs}


def test_more_than_two_give_every_pair() -> None:
    found = interactions("methadone", "citalopram", "alcohol", "ibuprofen")
    assert len(found.pairs) == 6
    assert found.severity == "serious"
    frame = found.to_frame()
    assert set(frame["severity"]) <= {"serious", "moderate", "minor", "none expected", "not known"}


@pytest.mark.parametrize("text", ["mg", "take ", "dose of", "reduce", "increase the dose", "halve"])
def test_it_advises_no_dose(text: str) -> None:
    from speciosa.facts import records

    told = [rule.statement for rule in records("interactions")]
    told += [trait.statement for trait in records("traits")]
    assert not [each for each in told if text in each.casefold().replace("taken", "")]


def test_command() -> None:
    done = CliRunner().invoke(app, ["interactions", "kratom", "citalopram", "--json"])
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["severity"] == "moderate"
    assert told["pairs"][0]["findings"][0]["sources"][0]["title"]
    text = CliRunner().invoke(app, ["interactions", "kratom", "citalopram"]).stdout
    assert text.startswith("Kratom with Citalopram: moderate")
    assert "advises no dose" in text
