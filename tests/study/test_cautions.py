"""What must be said of doses and of people: at the limits of labels, of equivalents and of mixtures, arm by arm."""

import pytest

from speciosa.pharmacology.daily import daily_limits, mme_caution
from speciosa.study.arm_model import absences, unused
from speciosa.study.cautions import cautions, sedatives_with_kratom
from speciosa.study.question.read import parse_study
from speciosa.study.question.schema import Study

HEAD = 'title = "x"\nquestion = "q"\nconfirm = "meant"\nindication = "{indication}"\n[population]\ncovariates = "{who}"\n'


def study(*regimens: str, who: str = "", indication: str = "pain", more: str = "") -> Study:
    arms = "".join(
        f'[[arms]]\nname = "{name}"\nregimen = "{regimen}"\n{more}'
        for name, regimen in zip("abcd", regimens, strict=False)
    )
    return parse_study(HEAD.format(indication=indication, who=who) + arms)


def said(regimen: str, **more: str) -> str:
    return " ".join(one.text for one in cautions(study(regimen, **more)))


@pytest.mark.parametrize(("mg", "told"), [(1000, False), (1010, False), (1011, True)])
def test_labels_round_by_a_hundredth(mg: int, told: bool) -> None:
    assert ("labels state" in said(f"{mg} mg acetaminophen oral every 6 h x 4")) is told


@pytest.mark.parametrize(
    ("history", "told"), [("", True), ("tolerant 59 MME", True), ("tolerant 60 MME", False)]
)
def test_what_only_tolerant_people_may_take_is_told_to_others(history: str, told: bool) -> None:
    only = next(one.mg for one in daily_limits("oxycodone", "oral") if "tolerant" in one.kind)
    who = f"opioid_history={history}" if history else ""
    text = said(f"{only / 2 + 1:g} mg oxycodone oral every 12 h x 4", who=who)
    assert (f"{only:g} mg" in text) is told


@pytest.mark.parametrize(("share", "told"), [(0.99, False), (1.0, False), (1.1, True)])
def test_equivalents_are_told_above_the_caution_of_guidelines(share: float, told: bool) -> None:
    mg = mme_caution().mg * share / 4
    regimen = f"{mg:g} mg morphine oral every 6 h x 8"
    text = said(regimen)
    assert ("morphine equivalents" in text) is told
    assert "morphine equivalents" not in said(regimen, indication="withdrawal")


@pytest.mark.parametrize(
    ("substances", "sedating"),
    [
        (("mitragynine", "acetaminophen", "midazolam"), ("midazolam",)),
        (("7_hydroxymitragynine", "gabapentin", "morphine"), ("gabapentin", "morphine")),
        (("mitragynine", "naltrexone"), ()),
        (("morphine", "midazolam"), ()),
    ],
)
def test_what_slows_breathing_beside_kratom(
    substances: tuple[str, ...], sedating: tuple[str, ...]
) -> None:
    assert sedatives_with_kratom(substances) == sedating


def test_a_mixture_is_named_whole_and_only_where_it_sedates() -> None:
    leaf = "2 g kratom_tea oral"
    both = said(f"{leaf}; 5 mg midazolam oral; 300 mg gabapentin oral; 1 g acetaminophen oral")
    assert "kratom together with midazolam and gabapentin," in both
    assert "together with" not in said(f"{leaf}; 1 g acetaminophen oral")


def test_what_has_no_limit_is_told_where_it_is_taken_for_its_own_sake() -> None:
    """The traces of 7-hydroxymitragynine in a leaf are not."""
    assert "7-Hydroxymitragynine a day; no label" in said("15 mg 7oh_tablet oral every 8 h x 3")
    leaf = said("2 g kratom_tea oral every 8 h x 3")
    assert "7-hydroxymitragynine" not in leaf.lower()


def test_what_models_leave_out_of_people_is_told_arm_by_arm() -> None:
    notes = unused(study("1 g acetaminophen oral", "400 mg ibuprofen oral", who="cyp2d6=poor"))
    assert [note.split(":")[0] for note in notes] == ["a", "b"]
    assert unused(study("1 g acetaminophen oral")) == ()


def test_outcomes_of_no_drug_are_told_arm_by_arm() -> None:
    """Of drugs that are no opioids, and of arms that give nothing beside a co-medication."""
    notes = absences(
        study("1 g acetaminophen oral", "400 mg ibuprofen oral", "15 mg morphine oral")
    )
    assert [note.split(":")[0] for note in notes] == ["a", "b"]
    assert all("as without a drug: " in note for note in notes)
    both = "1 g acetaminophen oral; 15 mg morphine oral"
    assert absences(study(both)) == ()
    beside = absences(study("none", "none", more='comedication = "300 mg rifampicin oral"\n'))
    assert [note.split(":")[0] for note in beside] == ["a", "b"]
    assert all("as without the co-medication" in note for note in beside)
