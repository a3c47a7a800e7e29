"""Trial files: what they hold, and what is said of those that cannot be simulated."""

import pytest

from speciosa.errors import StudyError, UnknownNameError
from speciosa.trials.operating.told import sentence
from speciosa.trials.question.read import parse_trial, read_trial, shipped

GOOD = """
title = "Naproxen"
[population]
patients = 40
draws = 1
[[arms]]
name = "Naproxen"
regimen = "500 mg naproxen oral every 12 h x 28"
[[arms]]
name = "Placebo"
regimen = "none"
[design]
size = 60
visits = ["0 wk", "1 wk", "2 wk"]
[endpoint]
output = "pain_nrs"
at = "2 wk"
"""


RATE = "summary = 'rate ratio'\nevent = 'unwanted effect'\n"
STAY = "summary = 'time to event'\n[dropout]\nmodel = 'mar'\ncompleted = 0.8\n"


def faults(text):
    with pytest.raises(StudyError) as caught:
        parse_trial(text, "a.toml")
    return [str(fault) for fault in caught.value.faults]


WITHDRAWAL = GOOD.replace("size = 60", "size = 60\nkind = 'withdrawal'\nrandomise = '1 wk'")
CROSSOVER = GOOD.replace("size = 60", "size = 60\nkind = 'crossover'\nperiod = '1 wk'").replace(
    'at = "2 wk"', ""
)


@pytest.mark.parametrize(
    ("text", "old", "new", "words"),
    [
        (WITHDRAWAL, "randomise = '1 wk'", "", "a visit between the first and the last: 1 wk, found none"),
        (WITHDRAWAL, "randomise = '1 wk'", "randomise = '2 wk'", "found '2 wk'"),
        (WITHDRAWAL, '"none"', '"1 g acetaminophen oral"', "none: the reference is the drug"),
        (CROSSOVER, "period = '1 wk'", "", "how long each treatment lasts"),
        (CROSSOVER, '"pain_nrs"', '"pain_nrs"\nat = "1 wk"', "read at the end of each period"),
        (CROSSOVER, '"pain_nrs"', '"pain_nrs"\nsummary = "responders at -30%"', "which a crossover compares"),
    ],
)  # fmt: skip
def test_designs_say_what_they_need(text, old, new, words):
    parse_trial(text)
    told = faults(text.replace(old, new, 1))
    assert any(words in line for line in told), told


@pytest.mark.parametrize("name", shipped())
def test_shipped_trials_can_be_read(name):
    assert read_trial(name).design.visits[0].startswith("0")


@pytest.mark.parametrize(
    ("old", "new", "stop", "words"),
    [
        ("", "", "treatment policy", ", whatever happens after stop of the treatment, as if there were no death, with mmrm"),
        ('at = "2 wk"', RATE, "while on treatment", ", up to stop of the treatment, as if there were no death"),
        ("[endpoint]", "[estimand]\nstrategy = { death = 'composite' }\n[endpoint]", "treatment policy", "death counted as fail"),
    ],
)  # fmt: skip
def test_every_event_is_met_as_the_sentence_says(old, new, stop, words):
    trial = parse_trial(GOOD.replace(old, new, 1))
    assert trial.met["discontinued"] == stop
    assert trial.met["death"] == trial.estimand.strategy.get("death", "hypothetical")
    assert words in sentence(trial, 60)


def test_what_is_left_out_has_its_usual_value():
    trial = parse_trial(GOOD)
    assert (trial.reference, trial.at, trial.method) == ("Placebo", 2, "mmrm")
    assert trial.design.alpha == 0.025


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("size = 60", "size = 60\nkind = 'paralel'", "line 14, design, kind: expected one of parallel"),
        ("size = 60", "size = 60\nkind = 'smart'", "[[options]]: what follows a first treatment that has not helped"),
        ("size = 60", "size = 60\nkind = 'smart'", "decide: expected a visit between the first and the last: 1 wk"),
        ("size = 60", "size = 60\nkind = 'titration'", "such as [1, 2, 3]"),
        ("size = 60", "size = 60\nkind = 'titration'", "visits between the first and the last, in their order, of 1 wk"),
        ("size = 60", "size = 60\nkind = 'titration'\nup = 'cows > 2'", "endpoint's output, pain_nrs"),
        ("size = 60", "size = 60\nkind = 're-estimation'", "two looks, such as [0.5, 1.0]"),
        ("size = 60", "size = 60\nkind = 'multi-arm multi-stage'", "three arms or more"),
        ("size = 60", "size = 60\nlooks = [0.5, 1.0]\nspending = 'kim-demets'", "a number, since spending is kim-demets"),
        ("[design]", "[switch]\nto = '400 mg ibuprofen oral'\n[design]", "which says who stops"),
        ("[design]", "[switch]\nto = '400 mg ibuprofin oral'\n[design]", "switch, to"),
        ("[design]", "[[options]]\nname = 'More'\nregimen = 'none'\n[design]", "options belong to smart"),
        ("[design]", "[blinding]\nunblinded = 0.2\n[design]", "expectation = 0.5"),
        ("[design]", '[analysis]\ntipping = [0.5]\n[design]', 'reference = "MAR"'),
        ("[design]", '[estimand]\nstrategy = { death = "treatment policy" }\n[design]', "nothing is measured after death"),
        ('at = "2 wk"', 'summary = "rate ratio"', "unwanted effect or rescue"),
        ('at = "2 wk"', f"{RATE}[estimand]\nstrategy = {{ death = 'composite' }}", "or principal stratum, of a rate ratio"),
        ('at = "2 wk"', f"{RATE}[estimand]\nstrategy = {{ rescue = 'composite' }}", "or principal stratum, of a rate ratio"),
        ('at = "2 wk"', f"{STAY}[estimand]\nstrategy = {{ discontinued = 'hypothetical' }}", "policy, of a time to event"),
        ("size = 60", "size = 60\nlooks = [0.8, 0.5]", "shares of the people that rise"),
        ("size = 60", "size = 60\nalpha = 0.6", "less than 0.5, found 0.6"),
        ("size = 60", "size = 3", "at least 8 people"),
        ("size = 60", "size = 60\npower = 0.9", "found both"),
        ("size = 60", "", "found neither"),
        ("[design]\nsize = 60", "[simulation]\nreplicates = 20\n[design]\npower = 0.9", "at least 36"),
        ("[design]", '[rescue]\nwhen = "pain_nrs > 7"\ndose = "12 wk"\n[design]', "a unit of mass, amount or rate"),
        ('at = "2 wk"', 'at = "3 wk"', "a time up to the last visit, 2 wk"),
        ('at = "2 wk"', 'at = "10 d"', "one of the visits after the first: 1 wk, 2 wk"),
        ('at = "2 wk"', 'summary = "mode"', "one of 'mean difference', 'responders at -30%'"),
        ("pain_nrs", "pain_nsr", "Did you mean pain_nrs"),
        ("pain_nrs", "pupil_diameter_mm", "higher or lower, since neither is better"),
        ("[design]", '[rescue]\nwhen = "pain_nrs > 7"\ndose = "1 g aspirine oral"\n[design]', "rescue, dose"),
        ("[design]", '[rescue]\nwhen = "cows > 7"\ndose = "1 g acetaminophen oral"\n[design]', "endpoint's output, pain_nrs"),
        ("[design]", '[estimand]\nstrategy = { discontinued = "policy" }\n[design]', "'treatment policy'"),
        ("[design]", '[dropout]\nmodel = "mar"\n[design]', "the share that completes"),
        ("[design]", '[dropout]\nmodel = "mar"\ncompleted = { Naproxen = 0.8 }\n[design]', "'Placebo' too"),
        ("[design]", '[analysis]\nmethod = "cox"\n[design]', "which compare mean difference"),
        ("naproxen oral", "naproxene oral", "naproxen"),
        ("every 12 h x 28", "every 12 h x 280", "a time before the end of follow-up"),
        ('"Placebo"', '"Naproxen"', "each arm name once"),
        ("size = 60", 'size = 60\nreference = "Placebos"', "Did you mean 'Placebo'?"),
        ('size = 60\nvisits = ["0 wk"', 'size = 12\nvisits = ["0 wk", "2 d", "4 d"', "fits: heterogeneous toeplitz (7 parameters)"),
    ],
)  # fmt: skip
def test_each_fault_is_told_with_the_way_out(old, new, words):
    told = faults(GOOD.replace(old, new, 1))
    assert any(words in line for line in told), told


def test_all_faults_are_told_at_once_with_their_lines():
    text = GOOD.replace("size = 60", "size = 60\nalpha = 0.7").replace("pain_nrs", "pain")
    text = text.replace("naproxen oral", "naproxene oral")
    told = faults(text)
    assert {line.split(",")[1].strip() for line in told} == {"line 8", "line 14", "line 17"}


def test_a_file_that_is_not_there_names_those_that_ship():
    with pytest.raises(UnknownNameError, match="kratom-pain-parallel"):
        read_trial("kratom-pain-paralel")


SMART = GOOD.replace("size = 60", "size = 60\nkind = 'smart'\ndecide = '1 wk'") + (
    "[[options]]\nname = 'Ibuprofen'\nregimen = '400 mg ibuprofen oral every 8 h x 20'\n"
    "[[options]]\nname = 'More'\nafter = 'Naproxen'\nregimen = '250 mg naproxen oral every 12 h x 14'\nadded = true\n"
)
TITRATION = GOOD.replace(
    "size = 60",
    "size = 60\nkind = 'titration'\nsteps = [1, 2]\nadjust = ['1 wk']\nup = 'pain_nrs > 4'",
)
THIRD = """[[arms]]
name = "Ibuprofen"
regimen = "400 mg ibuprofen oral every 8 h x 42"
[[arms]]
name = "Placebo"
"""
SEVERAL = GOOD.replace('[[arms]]\nname = "Placebo"\n', THIRD).replace(
    "size = 60", "size = 60\nkind = 'multi-arm multi-stage'\nlooks = [0.5, 1]"
)
GROWING = GOOD.replace("size = 60", "size = 60\nkind = 're-estimation'\nlooks = [0.5, 1]")
WILLIAMS = CROSSOVER.replace('[[arms]]\nname = "Placebo"\n', THIRD).replace(
    "period = '1 wk'", "period = '1 wk'\nperiods = 3"
)


@pytest.mark.parametrize(
    ("text", "old", "new", "words"),
    [
        (SMART, "decide = '1 wk'", "decide = '2 wk'", "a visit between the first and the last: 1 wk"),
        (SMART, "after = 'Naproxen'", "after = 'Naproxn'", "Did you mean 'Naproxen'?"),
        (SMART, "'More'", "'Ibuprofen'", "by a name of its own"),
        (SMART, "added = true", "added = true\ntaper = '2 d'", "that of the first treatment"),
        (SMART, "400 mg ibuprofen", "400 mg ibuprofin", "options, 1 ('Ibuprofen'), regimen"),
        (SMART, "size = 60", "size = 60\nreference = 'Placebo'", "a strategy: Naproxen, then Ibuprofen"),
        (SMART, 'at = "2 wk"', 'summary = "responders at -30%"', "by which strategies are compared"),
        (TITRATION, "steps = [1, 2]", "steps = [2, 1]", "multiples of the dose that rise"),
        (TITRATION, "adjust = ['1 wk']", "adjust = ['2 wk']", "of 1 wk"),
        (TITRATION, "steps = [1, 2]", "steps = [1, 2000]", "design, steps"),
        (SEVERAL, "looks = [0.5, 1]", "looks = [0.2, 0.4, 0.6, 0.8, 1]", "2 to 4 looks"),
        (SEVERAL, "looks = [0.5, 1]", "looks = [0.5, 1]\nspending = 'kim-demets'", "bounds of several arms"),
        (SEVERAL, "looks = [0.5, 1]", "looks = [0.5, 1]\nfutility = [4.0]", "a bound below that for rejection"),
        (SEVERAL, 'name = "Naproxen"', 'name = "Naproxen"\nallocation = 2', "one allocation for all arms"),
        (GROWING, "looks = [0.5, 1]", "looks = [0.5, 1]\npromising = 0.95", "below the aim of 0.9"),
        (GROWING, "looks = [0.5, 1]", "looks = [0.5, 1]\npromising = 0.1\ncombine = 'plain'", "plain statistic keeps the error"),
        (GROWING, "looks = [0.5, 1]", "looks = [0.02, 1]", "from 0.05 to 0.95"),
        (GROWING, 'at = "2 wk"', 'summary = "time to event"', "whose people tell as much at each look"),
        (WILLIAMS, "periods = 3", "periods = 2", "3, as many as arms"),
    ],
)  # fmt: skip
def test_designs_that_adapt_say_what_they_need(text, old, new, words):
    parse_trial(text)
    told = faults(text.replace(old, new, 1))
    assert any(words in line for line in told), told
