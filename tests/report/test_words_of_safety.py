"""No text tells a reader what to do with a medicine; what kills is said; what nobody measured is never called harmless."""

import random
import re

import numpy as np
import polars as pl
import pytest
from markupsafe import Markup

from speciosa.comparison import question
from speciosa.comparison.findings import findings
from speciosa.outcomes import Drawn, Outcomes
from speciosa.pharmacology.daily import daily_limits, daily_mg
from speciosa.regimen import parse_regimen
from speciosa.report.first.bottom_line import all_sentences
from speciosa.report.first.screen import warnings_html
from speciosa.report.page import Part, page
from speciosa.study.cautions import BREATHING, EMERGENCY, cautions, sedatives_with_kratom
from speciosa.study.endpoints import STOPS, definitions, wanted
from speciosa.study.question.check import dangers
from speciosa.study.question.read import parse_study
from speciosa.study.question.schema import Study
from speciosa.study.result import ArmRun, StudyRun

REPORTS, MIXED, DRAWS = 500, 200, 12
REGIMENS = (
    *("5 g kratom_leaf oral every 8 h x 9", "20 g kratom_leaf oral every 6 h x 9", "15 mg 7oh_tablet oral every 8 h x 6"),
    *("2 g morphine oral every 4 h x 12", "15 mg morphine oral every 4 h x 12", "10 mg oxycodone oral every 6 h x 9"),
    *("16 mg buprenorphine sublingual every 24 h x 3", "80 mg methadone oral every 24 h x 3", "100 mg tramadol oral every 4 h x 9"),
    *("50 ug/h fentanyl transdermal over 72 h", "1 g acetaminophen oral every 6 h x 8", "none", "1 g oxycodone oral every 4 h x 9"),
)  # fmt: skip
BESIDE = ("none", "none", "10 mg midazolam oral", "300 mg gabapentin oral", "10 mg morphine oral")
# Words that tell somebody what to do with a medicine, or that something is harmless.
ADVICE = re.compile(
    r"\b(you (should|can|may|must)|should (take|use|be taken|stop|switch|start)|recommend\w*|advis\w+|we suggest|suggested|"
    r"take (it|more|less|this|that|the|a|one|two|\d)|try |double|raise|increase (the|your)|reduce (the|your)|lower (the|your)|"
    r"replace\w*|switch\w*|substitut\w+|swap\w*|start taking|stop taking|instead of|safe (dose|amount|to)|is safe|harmless|"
    r"no risk|without risk|optimal|best choice|preferable|better choice|go ahead|enough to)\b",
    re.IGNORECASE,
)  # fmt: skip
ALLOWED = ("is no sign that the mixture is safe",)
ABSENT = re.compile(
    r"(?<![\d.])0(\.0+)?(%| \(90| points| percentage| L/min| mmHg)|\bno (fall|effect|depression)|\bnone\b"
)


def studied(dice: random.Random) -> Study:
    """A study of a few arms drawn from the lists above."""
    arms = "".join(
        f'[[arms]]\nname = "Arm {n}"\nregimen = "{dice.choice(REGIMENS)}"\ncomedication = "{dice.choice(BESIDE)}"\n'
        'confirm = "meant"\n'
        for n in range(dice.randint(1, 4))
    )
    kind = dice.choice(("pain", "withdrawal", "interactions"))
    history = dice.choice(("", "opioid_history=tolerant 100 MME"))
    return parse_study(
        f'title = "x"\nquestion = "q"\nindication = "{kind}"\n[population]\ncovariates = "{history}"\n'
        f'[follow_up]\nuntil = "5 d"\n{arms}'
    )


def ran(study: Study, dice: random.Random) -> StudyRun:
    """The study with outcomes that were drawn, not simulated: nothing, traces, middling and deadly ones."""
    known = {entry.key: entry for entry in wanted((), study.indication)} | {
        STOPS: definitions()[STOPS]
    }
    noise = np.random.default_rng(dice.randrange(2**32))
    arms, parts = [], []
    for arm in study.arms:
        given = tuple(dict.fromkeys(name for name, _ in daily_mg(arm.doses)))
        arms.append(ArmRun(arm.name, {}, pl.DataFrame(), given, (), {}, {}))
        drawn = [
            Drawn(entry.title, level(entry.unit, dice, noise), entry.unit, entry.direction)
            for entry in known.values()
            if dice.random() < 0.95
        ]
        parts.append(Outcomes.of_arm(arm.name, drawn, "simulated", ["x"]))
    return StudyRun(study, known, tuple(arms), Outcomes.concat(parts))


def level(unit: str, dice: random.Random, noise: np.random.Generator) -> np.ndarray:
    most = {"share": 1.0, "1": 1.0, "points": 10.0}.get(unit, 50.0)
    middle = most * dice.choice((0.0, 0.0, 1e-5, 0.01, 0.2, 0.9))
    return np.clip(middle + 0.1 * middle * noise.normal(size=DRAWS), 0.0, most)


def text_of(parts: list[Markup]) -> str:
    return re.sub(r"<[^>]+>", "", "\n".join(map(str, parts)))


def test_no_report_tells_a_reader_what_to_do() -> None:
    dice = random.Random(5)
    for number in range(REPORTS):
        study = studied(dice)
        run = ran(study, dice)
        told = all_sentences(run, findings(run))
        said = text_of([warnings_html(study), *(Markup.escape(one.words) for one in told)])
        said += "\n" + EMERGENCY + "\n".join([*map(str, cautions(study)), *dangers(study)])
        for allowed in ALLOWED:
            said = said.replace(allowed, "")
        found = ADVICE.search(said)
        assert found is None, (number, said[max(0, found.start() - 80) : found.end() + 40])


def test_nothing_is_called_absent_where_nobody_measured_it() -> None:
    dice, met = random.Random(6), 0
    for _ in range(MIXED):
        study = studied(dice)
        run = ran(study, dice)
        mixed = [arm.name for arm in run.arms if sedatives_with_kratom(arm.substances)]
        told = text_of([warnings_html(study)])
        for name in mixed:
            met += 1
            assert f"{name}: nobody measured the breathing" in told
        for row in findings(run):
            if row.key in definitions() and definitions()[row.key].output in BREATHING:
                least = 0.5 if row.unit == "of 100" else 1e-3
                shown = [row.cells[name].simulated for name in mixed if name in row.cells]
                assert all(abs(one.median) >= least for one in shown if one is not None)
        for one in all_sentences(run, findings(run)):
            if "breath" in one.words.lower() and any(
                name.lower() in one.words.lower() for name in mixed
            ):
                assert not ABSENT.search(one.words), one.words
    assert met > 20


@pytest.mark.parametrize(
    ("regimen", "said"),
    [
        ("2 g morphine oral every 4 h x 12", "100 times the 120 mg"),
        ("100 mg tramadol oral every 4 h x 12", "1.5 times the largest daily dose that labels state, 400 mg"),
        ("30 mg ketorolac oral every 6 h x 12", "3 times the largest daily dose that labels state, 40 mg"),
        ("60 mg diclofenac oral every 8 h x 9", "1.2 times the largest daily dose that labels state, 150 mg"),
        ("180 mg methadone oral every 24 h x 5", "1.5 times the upper end of the daily doses that labels call effective, 120 mg"),
        ("550 mg naproxen_sodium oral every 8 h x 9", ""),
        ("20 g kratom_leaf oral every 6 h x 9", "2.67 times what regular users"),
        ("10 mg oxycodone oral every 6 h x 9", ""),
        ("100 ug/h fentanyl transdermal over 72 h", "240 mg of morphine equivalents"),
    ],
)  # fmt: skip
def test_doses_beyond_labels_and_reports_are_told_with_what_they_mean(
    regimen: str, said: str
) -> None:
    study = parse_study(
        f'title="x"\nquestion="q"\n[[arms]]\nname="a"\nregimen="{regimen}"\nconfirm="meant"\n'
    )
    told = " ".join(map(str, cautions(study)))
    assert said in told
    assert (told == "") == (said == "")
    if "mg of morphine a day" in told:
        assert "without help people die" in told
    assert all(one in question(study)[1] for one in map(str, cautions(study)))


def test_the_day_with_most_counts() -> None:
    found = daily_mg(
        parse_regimen("10 mg morphine oral every 12 h x 4; 30 mg morphine oral at 47 h")
    )
    assert found == {("morphine", "oral"): pytest.approx(50.0)}
    assert daily_mg(parse_regimen("1 mg/kg methadone oral"))[
        ("methadone", "oral")
    ] == pytest.approx(70, rel=1e-3)


def test_every_limit_has_a_fact_and_a_reference() -> None:
    from speciosa import facts

    for limit in (*daily_limits("oxycodone", "oral"), *daily_limits("buprenorphine", "sublingual")):
        assert facts.fact(limit.fact).value == limit.mg
        assert facts.reference(limit.reference).title


def test_the_line_on_overdose_stands_in_every_report_and_on_every_page_of_the_app() -> None:
    written = page("t", "q", [Part("answer", "The answer", Markup("<p>x</p>"))], "")
    assert EMERGENCY in written
    assert written.index("naloxone") < written.index('id="answer"')
    for word in ("112", "911", "naloxone", "pregnancy", "children", "acute crisis"):
        assert word in EMERGENCY
    frame = pytest.importorskip("speciosa.app.page.frame", reason="needs the extra `app`")
    from speciosa.app.asking.state import accept

    assert EMERGENCY in str(frame.whole_page(accept({})[0]).render()["html"])
