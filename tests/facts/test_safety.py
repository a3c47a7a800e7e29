"""The chapters on safety: found by the words people use, told by substance, silent only where nothing is known."""

import json

import pytest

from speciosa import facts
from speciosa.errors import UnknownNameError
from speciosa.facts import monograph, resolve, search
from speciosa.facts.record import split
from speciosa.facts.safety import TOPICS, on_topic, safety, silent


@pytest.mark.parametrize(
    ("asked", "topic"),
    [
        ("pregnancy", "pregnancy and the newborn"),
        ("Newborn", "pregnancy and the newborn"),
        ("driving", "driving"),
        ("benzodiazepines", "alcohol and sedatives"),
        ("serotonin syndrome", "serotonin toxicity"),
        ("hepatotoxicity", "liver"),
        ("QT", "heart"),
        ("ulcer", "bleeding"),
        ("kidney injury", "kidney"),
        ("fracture", "falls"),
        ("hyponatraemia", "low sodium"),
        ("salmonella", "contamination and variability"),
        ("overdose", "overdose response"),
    ],
)
def test_a_topic_is_found_by_the_words_people_use(asked, topic):
    assert (resolve(asked).kind, resolve(asked).id) == ("topic", topic)
    assert topic in [found.id for found in search(asked)]
    text = str(monograph(asked))
    assert f"Safety: {topic} (topic)" in text
    assert "Kratom" in text
    assert "Sources" in text


def test_words_of_topics_take_no_name_from_anything_else():
    """Whatever a word meant before, a substance or product, it still means."""
    for topic, words in TOPICS.items():
        for word in words:
            assert resolve(word).id == topic, word


@pytest.mark.parametrize(
    "name", ["kratom", "mitragynine", "morphine", "methadone", "buprenorphine"]
)
def test_a_substance_has_a_chapter_on_safety(name):
    text = str(monograph(name, full=True))
    chapter = text.split("\nSafety\n")[1].split("\n\n")[0]
    for note in safety(name):
        assert note.statement in chapter
    assert ("nothing in the fact base on" in chapter) == bool(silent(name))


def test_kratom_and_opioid_treatment_have_every_topic_that_was_asked_for():
    assert silent("kratom") == ()
    assert set(silent("methadone")) <= {"contamination and variability"}
    assert set(silent("buprenorphine")) <= {"contamination and variability"}


def test_what_is_said_of_opioids_holds_for_agonists_and_not_for_antagonists():
    topics = {note.topic for note in safety("hydromorphone") if note.substances == "opioid"}
    assert "overdose response" in topics
    assert not any(note.substances == "opioid" for note in safety("naltrexone"))
    assert not any(note.substances == "opioid" for note in safety("mitragynine"))


def test_a_note_of_its_own_comes_before_one_of_the_class():
    notes = [note for note in safety("methadone") if note.topic == "overdose response"]
    assert notes[0].substances == "methadone"
    assert notes[-1].substances == "opioid"


def test_every_topic_has_notes_and_every_row_named_exists():
    for topic in TOPICS:
        assert on_topic(topic), topic
    for note in facts.records("safety"):
        for row in split(note.rows):
            assert facts.fact(row).id == row
        for name in split(note.substances):
            assert facts.substance(name).id == name


def test_an_unknown_substance_is_named():
    with pytest.raises(UnknownNameError):
        safety("unobtainium")


def test_show_prints_a_topic_for_programs_too(capsys):
    from speciosa.cli.show import show

    show("pregnancy", as_json=True)
    found = json.loads(capsys.readouterr().out)
    assert (found["kind"], found["id"]) == ("topic", "pregnancy and the newborn")
