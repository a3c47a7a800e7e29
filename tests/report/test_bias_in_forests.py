"""Risk of bias in forests: a dot overall, and one for each domain of RoB 2 where the table tells them."""

from speciosa.evidence.pairwise.pooling import meta_analysis
from speciosa.report.figures.forest import forest
from speciosa.report.sections.evidence_page import pairwise_page

TRIALS = {"study": ["A", "B"], "effect": [0.1, 0.4], "se": [0.1, 0.2]}


def dots(table: dict[str, list[object]], *, narrow: bool = False) -> list[str]:
    """The columns that dots are coloured by, from left to right."""
    chart = forest(meta_analysis(table, measure="MD"), narrow=narrow).to_dict()
    found = []

    def walk(part: object) -> None:
        if isinstance(part, dict):
            if isinstance(part.get("mark"), dict) and part["mark"].get("type") == "circle":
                place = part["encoding"]["x"]["value"]
                found.append((place, part["encoding"]["color"]["field"]))
            for value in part.values():
                walk(value)
        elif isinstance(part, list):
            for value in part:
                walk(value)

    walk(chart)
    return [name for _, name in sorted(found)]


def test_domains_stand_before_the_overall_judgement() -> None:
    domains = {f"D{i}": ["Low", "Some concerns"] for i in range(1, 6)}
    rob2 = TRIALS | domains | {"Overall": ["Low", "High"]}
    wanted = [
        "randomisation",
        "deviations",
        "missing data",
        "measurement",
        "reporting",
        "risk_of_bias",
    ]
    assert dots(rob2) == wanted
    assert dots(rob2, narrow=True) == wanted
    assert dots(TRIALS | {"risk_of_bias": ["low", "high (open label)"]}) == ["risk_of_bias"]
    assert dots(TRIALS) == []


def test_the_page_says_what_the_dots_are() -> None:
    domains = {f"D{i}": ["Low", "Some concerns"] for i in range(1, 6)}
    page = pairwise_page(meta_analysis(TRIALS | domains, measure="MD"), "made")
    assert (
        "Dots: risk of bias by randomisation, deviations, missing data, measurement, reporting"
        in page
    )
    assert "Dots:" not in pairwise_page(meta_analysis(TRIALS, measure="MD"), "made")
