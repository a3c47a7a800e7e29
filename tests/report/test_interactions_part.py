"""The section on what must not be taken together: every pair of an arm, every treatment, no number without a source."""

import re

from speciosa.report.sections.interactions_part import interactions_html
from speciosa.report.sections.sources import Sources
from speciosa.study.question.read import parse_study

STUDY = """
title = "Taken together"
question = "What does a sedative change?"
[population]
patients = 8
draws = 12
[follow_up]
until = "4 d"
[[arms]]
name = "Kratom with a sedative and an inhibitor"
regimen = "5 g kratom_leaf oral every 8 h x 6"
comedication = "5 mg midazolam oral at 24 h; 200 mg ketoconazole oral every 12 h x 4"
[[arms]]
name = "Methadone"
regimen = "60 mg methadone oral every 24 h x 4"
[[arms]]
name = "Placebo"
regimen = "none"
[evidence]
networks = []
[benefit_risk]
reference = "Placebo"
"""


def section(text: str = STUDY) -> tuple[str, Sources]:
    sources = Sources()
    return str(interactions_html(parse_study(text), sources)), sources


def test_every_pair_of_an_arm_and_no_pair_between_arms() -> None:
    told, _ = section()
    rows = set(re.findall(r'<th scope="row">([^<]+)</th>', told))
    assert rows == {
        "Kratom leaf powder with Midazolam",
        "Kratom leaf powder with Ketoconazole",
        "Midazolam with Ketoconazole",
    }


def test_each_treatment_has_what_it_must_not_be_taken_with() -> None:
    told, _ = section()
    folded = re.findall(r"<summary><b>([^<]+)</b>", told)
    assert folded == ["Kratom leaf powder", "Midazolam", "Ketoconazole", "Methadone (racemate)"]
    methadone = told[told.index("<b>Methadone") :]
    assert "Naltrexone" in methadone[: methadone.index("<h4>Serious")]


def test_sources_are_cited_and_every_row_is_an_anchor() -> None:
    told, sources = section()
    assert "tanna2023clinical" in sources.cited
    for row in re.findall(r"<tr[^>]*>", told.split("<tbody>")[1].split("</tbody>")[0]):
        assert re.search(r'id="([^"]+)" data-source="#\1"', row)


def test_a_study_without_a_drug_says_so() -> None:
    none = STUDY.split("[[arms]]")
    told, _ = section(none[0] + "[[arms]]" + none[3])
    assert told == "<p>Nothing is taken in this study.</p>"
