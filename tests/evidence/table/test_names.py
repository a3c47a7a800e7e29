"""Names of columns: every word decides, and what is not understood as a whole is not guessed."""

import pytest

from speciosa.evidence.table.names import Meaning, group_of, meaning, words_of


def role(name: str) -> str:
    return meaning(name).role


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("treated events", "events_t"),
        ("No. of events (placebo)", "events_c"),
        ("active cases", "events_t"),
        ("No. of treated", "n_t"),
        ("treated patients", "n_t"),
        ("control participants", "n_c"),
        ("number placebo", "n_c"),
        ("people in the control group", "n_c"),
        ("N (control)", "n_c"),
        ("total of verum", "n_t"),
        ("n randomised control", "n_c"),
        ("mean change treatment", ""),
        ("SD (active)", "sd_t"),
        ("person years control", "time_c"),
        ("SEM treatment", "mean_se_t"),
        ("median control", "median_c"),
        ("Q1 treatment", "q1_t"),
        ("treatment", ""),
        ("treatment group", ""),
        ("the control arm", ""),
        ("treatment control events", ""),
        ("treatment treated events", ""),
        ("control control n", ""),
    ],
)
def test_figures_of_a_group(name, expected):
    assert role(name) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("events", "events"),
        ("number of patients", "n"),
        ("No. of participants", "n"),
        ("sample size", "n"),
        ("avg", "mean"),
        ("number", ""),
        ("no", ""),
        ("patients", ""),
        ("patients in group", ""),
        ("number of weeks", ""),
        ("std. dev.", "sd"),
        ("number of events", "events"),
        ("patient years", "time"),
        ("people", ""),
        ("IQR", "iqr"),
        ("", ""),
        ("%", ""),
    ],
)
def test_figures_of_no_group(name, expected):
    assert role(name) == expected


@pytest.mark.parametrize(
    ("name", "expected", "level"),
    [
        ("95% CI lower", "ci_low", 0.95),
        ("90% CI lower", "ci_low", 0.9),
        ("99% CI upper", "ci_high", 0.99),
        ("96% CI upper", "ci_high", 0.96),
        ("97% CI lower", "ci_low", 0.95),
        ("51% CI lower", "ci_low", 0.51),
        ("50% CI lower", "ci_low", 0.95),
        ("98% CI lower", "ci_low", 0.95),
        ("80% limit lower", "ci_low", 0.8),
        ("2.5 %", "ci_low", 0.95),
        ("97.5 %", "ci_high", 0.95),
        ("CI 2.5%", "ci_low", 0.95),
        ("2.5 mg", "", 0.95),
        ("97.5", "ci_high", 0.95),
        ("5 %", "", 0.95),
        ("95 %", "", 0.95),
        ("lower 5", "ci_low", 0.95),
        ("l", "", 0.95),
        ("u", "", 0.95),
        ("CI l", "ci_low", 0.95),
        ("CI u", "ci_high", 0.95),
        ("lb", "ci_low", 0.95),
        ("ul", "ci_high", 0.95),
        ("to", "", 0.95),
        ("from", "", 0.95),
        ("CI from", "ci_low", 0.95),
        ("CI to", "ci_high", 0.95),
        ("CI start", "ci_low", 0.95),
        ("low lower", "", 0.95),
        ("lower dose", "", 0.95),
        ("lower upper", "", 0.95),
        ("bound lower", "ci_low", 0.95),
        ("95% CI", "ci", 0.95),
        ("90% CrI", "ci", 0.9),
        ("confidence interval", "ci", 0.95),
        ("interval", "", 0.95),
        ("confidence", "", 0.95),
        ("limit", "", 0.95),
        ("CI of dose", "", 0.95),
        ("95% CI, p value", "ci", 0.95),
        ("95% CL", "ci", 0.95),
        ("CI p", "ci", 0.95),
        ("CL p", "", 0.95),
        ("interval p", "", 0.95),
    ],
)
def test_limits_and_their_level(name, expected, level):
    found = meaning(name)
    assert (found.role, found.level) == (expected, level if expected else 0.95)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("OR lower", Meaning("ci_low", "OR")),
        ("logHR_upper", Meaning("ci_high", "HR", True)),
        ("RR (95% CI)", Meaning("ci", "RR")),
        ("HR (90% CI), p value", Meaning("ci", "HR", level=0.9)),
        ("log OR 95% CI lower", Meaning("ci_low", "OR", True)),
        ("OR", Meaning("effect", "OR")),
        ("log OR", Meaning("effect", "OR", True)),
        ("OR (log)", Meaning("effect", "OR", True)),
        ("lnHR", Meaning("effect", "HR", True)),
        ("logeRR", Meaning("effect", "RR", True)),
        ("log_e(RR)", Meaning("effect", "RR", True)),
        ("adjusted odds ratio", Meaning("effect", "OR")),
        ("estimate", Meaning("effect")),
        ("log estimate", Meaning()),
        ("log log OR", Meaning()),
        ("log", Meaning()),
        ("logistic", Meaning()),
        ("Hedges' g", Meaning("effect", "SMD")),
        ("se", Meaning("se")),
        ("SE of TE", Meaning("se")),
        ("standard error", Meaning("se")),
        ("Std. Error", Meaning("se")),
        ("se(logOR)", Meaning("se", "OR", True)),
        ("stderr of HR", Meaning("se", "HR")),
        ("sedation", Meaning()),
        ("see", Meaning()),
        ("SE estimate", Meaning("se")),
        ("standard errors", Meaning()),
    ],
)
def test_effects_and_their_errors(name, expected):
    assert meaning(name) == expected


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("Control (n/N)", "c"),
        ("Intervention", "t"),
        ("Placebo group mean SD", "c"),
        ("active arm events n total percent", "t"),
        ("Treatment no. (%)", "t"),
        ("control year", ""),
        ("treatment control", ""),
        ("mean SD", ""),
        ("", ""),
        ("year", ""),
    ],
)
def test_the_group_that_a_name_says(name, group):
    assert group_of(name) == group


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("seLogOR", ["se", "log", "or"]),
        ("HR_lower", ["hr", "lower"]),
        ("95% CI", ["95", "percent", "ci"]),
        ("97.5 %", ["97.5", "percent"]),
        ("person-years (control)", ["personyears", "control"]),
        ("person year", ["personyears"]),
        ("Hedges' g", ["hedges", "g"]),
        ("95% CrI", ["95", "percent", "cri"]),
        ("events1", ["events", "1"]),
        ("person_ years", ["personyears"]),
    ],
)
def test_words_come_apart(name, words):
    assert words_of(name) == words
