"""What must be said of doses and of people: at the limits of labels, of equivalents and of mixtures, arm by arm."""

import tomllib
from importlib.resources import files

import pytest

from speciosa.model.records import Covariate
from speciosa.pharmacology.daily import daily_limits, daily_mg, mme_caution
from speciosa.population.covariates import Categorical, Constant, LogNormal, Normal
from speciosa.regimen import parse_regimen
from speciosa.study.arm_model import COURSES, ArmModel, absences, arm_model, unused
from speciosa.study.cautions import cautions, sedatives_with_kratom
from speciosa.study.endpoints import definitions
from speciosa.study.people import people
from speciosa.study.question.read import parse_study
from speciosa.study.question.schema import Arm, Study

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
    assert "7-hydroxymitragynine" not in leaf.lower() and "no label" not in leaf
    (told,) = cautions(study("15 mg 7oh_tablet oral every 8 h x 3"))
    assert told.unknown and told.reference == ""
    tiny = said("0.01 mg 7oh_tablet oral every 8 h x 3")
    assert "of 7-Hydroxymitragynine a day; no label" in tiny


@pytest.mark.parametrize(("share", "told"), [(0.045, False), (0.055, True)])
def test_an_alkaloid_of_a_leaf_is_spoken_of_from_a_twentieth_of_its_mitragynine_on(
    share: float, told: bool
) -> None:
    leaf = "2 g kratom_tea oral every 8 h x 3"
    tablet, tea = (daily_mg(parse_regimen(text)) for text in ("1 mg 7oh_tablet oral", leaf))
    own, other = ("7_hydroxymitragynine", "oral"), ("mitragynine", "oral")
    mg = (share * tea[other] - tea[own]) / (tablet[own] - share * tablet[other])
    assert ("no label" in said(f"{leaf}; {mg} mg 7oh_tablet oral")) is told


def test_of_an_opioid_beyond_its_label_equivalents_add_nothing() -> None:
    """Of another drug beyond its label they do."""
    opioid, other = "60 mg morphine oral every 6 h x 8", "2 g acetaminophen oral every 6 h x 8"
    assert "breathing can stop" in said(opioid)
    assert "morphine equivalents" not in said(opioid)
    assert "morphine equivalents" not in said(f"{other}; {opioid}")
    both = said(f"{other}; 28 mg morphine oral every 6 h x 8")
    assert "liver" in both and "morphine equivalents" in both


def test_the_largest_dose_of_labels_is_told_before_that_of_the_tolerant_and_to_them_too() -> None:
    much = "200 mg oxycodone oral every 12 h x 4"
    for who in ("", "opioid_history=tolerant 60 MME"):
        (told,) = cautions(study(much, who=who))
        assert "400 mg of oxycodone a day, 1.25 times the largest daily dose" in told.text
        assert told.reference and not told.unknown


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
    assert all("worst withdrawal" in note and "pain relief" not in note for note in notes)
    both = "1 g acetaminophen oral; 15 mg morphine oral"
    assert absences(study(both)) == ()
    beside = absences(study("none", "none", more='comedication = "300 mg rifampicin oral"\n'))
    assert [note.split(":")[0] for note in beside] == ["a", "b"]
    assert all("as without the co-medication" in note for note in beside)


def model(regimen: str, *keys: str, comedication: str = "none") -> ArmModel:
    known = {key: definitions()[key] for key in keys}
    return arm_model(Arm(name="a", regimen=regimen, comedication=comedication), known)


def test_what_an_arm_reads_is_what_was_asked_for_or_is_shown() -> None:
    """Exposures are of what acts, parents and metabolites, and where nothing acts of what is given."""
    assert model("15 mg morphine oral", "qtc").substances == ("morphine", "morphine_6_glucuronide")
    assert model("200 mg ketoconazole oral", "qtc").substances == ("ketoconazole",)
    for regimen in ("none", "15 mg morphine oral"):
        effects = set(model(regimen, "qtc", "constipation").effects)
        asked = {definitions()[key].output for key in ("qtc", "constipation")}
        assert effects <= asked | set(COURSES) and "pain_nrs" in effects
        assert regimen != "none" or effects == asked | set(COURSES)
    assert model("none").substances == ()


def test_a_companion_takes_no_effect_from_an_arm_and_gives_it_none() -> None:
    alone = model("200 mg ketoconazole oral", "breathing_fall").effects
    beside = model("200 mg ketoconazole oral", "breathing_fall", comedication="15 mg morphine oral")
    assert beside.effects == alone and "ventilation_fraction" not in alone
    assert "morphine" in beside.substances


ADULTS = tomllib.loads((files("speciosa.study") / "people.toml").read_text(encoding="utf-8"))


def test_adults_are_as_their_table_says_unless_the_study_fixes_them() -> None:
    names = ("weight", "age", "egfr", "hepatic", "cyp2d6")
    read = [Covariate(name, 7.0, "1") for name in names]
    who = people(read)
    weight, age, egfr = (ADULTS[name] for name in names[:3])
    assert who["weight"] == LogNormal(weight["median"], weight["cv"], weight["low"], weight["high"])
    assert who["age"] == Normal(age["mean"], age["sd"], age["low"], age["high"])
    assert who["egfr"] == Normal(egfr["mean"], egfr["sd"], egfr["low"], egfr["high"])
    assert who["hepatic"] == Constant(7.0)
    assert isinstance(who["cyp2d6"], Categorical)
    assert sum(who["cyp2d6"].frequencies.values()) == pytest.approx(1, abs=0.01)
    assert all(float(label) == value for label, value in who["cyp2d6"].values.items())
    assert who["cyp2d6"].frequencies.keys() == who["cyp2d6"].values.keys()
    old = people(read, "age=70; cyp2d6=poor", "weight=50 kg; age=80")
    assert (old["weight"], old["age"], old["cyp2d6"]) == (
        Constant(50.0),
        Constant(80.0),
        Constant(0.0),
    )
    assert old["egfr"] == Constant(60.0)  # usual at 80
    assert people(read, "age=80; egfr=90")["egfr"] == Constant(90.0)
