"""The binomial model: its gradient, its agreement with quadrature and with other programs, its refusals."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import binom
from tests.evidence.network_reference import smoking_arms, table

from speciosa.errors import ConvergenceError, EvidenceError
from speciosa.evidence.bayes.binomial_model import binomial_model
from speciosa.evidence.bayes.binomial_nuts import binomial_network
from speciosa.evidence.bayes.binomial_sampling import Diagnostics, Sampler
from speciosa.evidence.bayes.network import bayesian_network
from speciosa.evidence.bayes.network_posterior import Priors
from speciosa.evidence.network.designs import parameters
from speciosa.evidence.network.read import read_network

EXPECTED = table("expected_nma_bayesian.csv")
STATISTICS = {"mean": "mean", "sd": "sd", "q50": "median", "q2.5": "low", "q97.5": "high"}
QUICK = Sampler(draws=750, tune=500, chains=4, seed=1, target_accept=0.8)


@pytest.fixture(scope="module")
def smoking():
    return binomial_network(
        smoking_arms(), reference="no_contact", small_values="undesirable", sampler=QUICK
    )


def agrees(found, rows: pl.DataFrame, spread: float):
    """Within four Monte Carlo errors of both, in units of the posterior standard deviation `spread`."""
    size = found["draws"]
    for statistic, value in rows.select("statistic", "value").rows():
        if statistic in STATISTICS:
            error = (
                {"mean": 1.0, "sd": 0.75, "q50": 1.3}.get(statistic, 3.0) * spread / np.sqrt(size)
            )
            assert found[STATISTICS[statistic]] == pytest.approx(value, abs=4 * error + 0.006), (
                statistic
            )


@pytest.mark.parametrize(
    ("model", "parameter", "name"),
    [
        (
            "multinma RE consistency; tau~HN(5); d;mu~N(0,100^2)",
            "d[Group counselling]",
            "grp_counseling",
        ),
        (
            "multinma RE consistency; tau~HN(5); d;mu~N(0,100^2)",
            "d[Individual counselling]",
            "ind_counseling",
        ),
        ("multinma RE consistency; tau~HN(5); d;mu~N(0,100^2)", "d[Self-help]", "self_help"),
        ("multinma RE consistency; tau~HN(5); d;mu~N(0,100^2)", "tau", "tau"),
        (
            "relative effects vs no_contact (random; half-normal(5))",
            "d.no_contact.grp_counseling",
            "grp_counseling",
        ),
        (
            "relative effects vs no_contact (random; half-normal(5))",
            "d.no_contact.ind_counseling",
            "ind_counseling",
        ),
        (
            "relative effects vs no_contact (random; half-normal(5))",
            "d.no_contact.self_help",
            "self_help",
        ),
        ("relative effects vs no_contact (random; half-normal(5))", "sd.d", "tau"),
    ],
)
def test_agrees_with_gemtc_and_multinma(smoking, model, parameter, name):
    rows = EXPECTED.filter(dataset="hasselblad1998", model=model, parameter=parameter)
    found = smoking.tau if name == "tau" else smoking.contrast({name: 1.0})
    agrees(found | {"draws": smoking.diagnostics.ess_bulk}, rows, found["sd"])


def test_ranks_and_deviance_agree_with_gemtc(smoking):
    rows = EXPECTED.filter(model="SUCRA (higher better)")
    for name, value in rows.select("parameter", "value").rows():
        assert smoking.sucra[name] == pytest.approx(value, abs=0.03)
    ranks = EXPECTED.filter(model="rank probability (higher better)")
    for label, value in ranks.select("parameter", "value").rows():
        name, rank = label.rstrip("]").split("[rank")
        ours = smoking.ranks.probability[smoking.treatments.index(name), int(rank) - 1]
        assert ours == pytest.approx(value, abs=0.05)
    deviance = EXPECTED.filter(
        model="consistency random; half-normal(5) on tau; N(0,100^2) on d", statistic="value"
    )
    values = dict(deviance.select("parameter", "value").rows())
    assert smoking.deviance.dbar == pytest.approx(values["Dbar"], abs=1.2)
    assert smoking.deviance.pd == pytest.approx(values["pD"], abs=1.2)


def test_what_the_binomial_likelihood_changes_on_smoking(smoking):
    """Two trials have an arm without a quitter, which the 0.5 of the normal model pulls towards no effect.

    On one model quadrature and sampler agree to Monte Carlo error (test_quadrature_and_sampler).
    """
    normal = bayesian_network(smoking_arms(), measure="OR", reference="no_contact")
    for name in ("grp_counseling", "ind_counseling", "self_help"):
        ours, theirs = smoking.contrast({name: 1.0}), normal.contrast({name: 1.0})
        assert 0.1 < (ours["mean"] - theirs["mean"]) / ours["sd"] < 0.65, name
    assert 0 < smoking.tau["mean"] - normal.tau["mean"] < smoking.tau["sd"]


def test_quadrature_and_sampler_agree_where_the_approximation_holds():
    """Many people and middling risks: the normal approximation is exact, so both must give the same posterior."""
    rng = np.random.default_rng(5)
    rows = []
    for number, design in enumerate(
        [("a", "p"), ("b", "p"), ("a", "b"), ("a", "b", "p"), ("a", "p"), ("b", "p")]
    ):
        for name in design:
            risk = 1 / (1 + np.exp(-({"a": 0.5, "b": 0.2, "p": 0.0}[name] + rng.normal(0, 0.2))))
            rows.append(
                {
                    "study": f"{number}",
                    "treatment": name,
                    "events": rng.binomial(4000, risk),
                    "n": 4000,
                }
            )
    priors = Priors(tau_sd=0.5)
    exact = bayesian_network(rows, measure="OR", reference="p", priors=priors)
    sampled = binomial_network(
        rows, reference="p", priors=priors, sampler=Sampler(1000, 500, 4, 3, 0.9)
    )
    for name in ("a", "b"):
        ours, theirs = exact.contrast({name: 1.0}), sampled.contrast({name: 1.0})
        assert theirs["mean"] == pytest.approx(ours["mean"], abs=0.15 * ours["sd"])
        assert theirs["sd"] == pytest.approx(ours["sd"], rel=0.12)
    assert sampled.tau["mean"] == pytest.approx(exact.tau["mean"], rel=0.1)


def test_common_effect_agrees_with_gemtc():
    rows = EXPECTED.filter(dataset="hasselblad1998", model="consistency fixed; N(0,100^2) on d")
    found = binomial_network(
        smoking_arms(), model="common", reference="grp_counseling", sampler=QUICK
    )
    for other in ("ind_counseling", "no_contact", "self_help"):
        ours = found.contrast({other: 1.0})
        of = rows.filter(parameter=f"d.grp_counseling.{other}")
        agrees(ours | {"draws": found.diagnostics.ess_bulk}, of, ours["sd"])
    values = dict(rows.filter(statistic="value").select("parameter", "value").rows())
    assert found.deviance.dbar == pytest.approx(values["Dbar"], abs=1.0)
    assert found.deviance.pd == pytest.approx(values["pD"], abs=1.0)


@pytest.mark.slow
def test_unrelated_effects_and_a_long_run_agree_with_gemtc():
    rows = EXPECTED.filter(dataset="hasselblad1998", model="UME random; half-normal(5) on tau")
    # The reference takes the first treatment by name as the baseline of a three-arm trial.
    arms = smoking_arms().sort("study", "treatment")
    found = binomial_network(
        arms, consistent=False, reference="no_contact", sampler=Sampler(4000, 1500)
    )
    for parameter in rows["parameter"].unique():
        if not parameter.startswith("d."):
            continue
        _, one, other = parameter.split(".")
        ours = found.contrast({f"{one} : {other}": -1.0})
        agrees(
            ours | {"draws": found.diagnostics.ess_bulk},
            rows.filter(parameter=parameter),
            ours["sd"],
        )


@pytest.mark.slow
def test_bcg_agrees_with_multinma():
    t = table("data_bcg.csv")
    arms = pl.concat(
        [
            t.select(
                study="trial", treatment=pl.lit(name), events=hit, n=pl.col(hit) + pl.col(miss)
            )
            for name, hit, miss in (
                ("vaccinated", "tpos", "tneg"),
                ("unvaccinated", "cpos", "cneg"),
            )
        ]
    )
    rows = EXPECTED.filter(dataset="bcg")
    found = binomial_network(arms, reference="unvaccinated", sampler=Sampler(4000, 1500))
    for parameter, ours in (
        ("d[Vaccinated]", found.contrast({"vaccinated": 1.0})),
        ("tau", found.tau),
    ):
        agrees(
            ours | {"draws": found.diagnostics.ess_bulk},
            rows.filter(parameter=parameter),
            ours["sd"],
        )


@pytest.mark.parametrize("classes", [{}, {"ind_counseling": "c", "grp_counseling": "c"}])
@pytest.mark.parametrize("heterogeneous", [True, False])
def test_gradient_is_that_of_the_density(classes, heterogeneous):
    network = read_network(smoking_arms())
    model = binomial_model(
        network, parameters(network, "no_contact", True, classes), heterogeneous, 100.0, 5.0, 1.0
    )
    density = model.log_density()
    point = np.random.default_rng(2).normal(0, 0.3, model.dimension)
    step = 1e-6 * np.eye(model.dimension)
    slope = [(density(point + e)[0] - density(point - e)[0]) / 2e-6 for e in step]
    np.testing.assert_allclose(density(point)[1], slope, atol=2e-5)


def test_density_is_the_binomial_one():
    network = read_network(smoking_arms())
    model = binomial_model(
        network, parameters(network, "no_contact", True, {}), True, 100.0, 5.0, 1.0
    )
    rng = np.random.default_rng(3)
    one, other = rng.normal(0, 0.3, (2, model.dimension))

    def log_density(x):
        eta = model.linear_predictor(x)
        levels, effects, normals, _ = model.sizes
        tau = np.exp(x[-1])
        prior = -0.5 * (x[: levels + effects] ** 2).sum() / 1e4
        prior += -0.5 * (x[levels + effects : -1] ** 2).sum() - 0.5 * (tau / 5) ** 2 + x[-1]
        return (model.events * eta - model.total * np.log1p(np.exp(eta))).sum() + prior

    density = model.log_density()
    assert density(one)[0] - density(other)[0] == pytest.approx(
        log_density(one) - log_density(other)
    )


@pytest.mark.parametrize("classes", [{}, {"ind_counseling": "c", "grp_counseling": "c"}])
@pytest.mark.parametrize("heterogeneous", [True, False])
def test_density_from_the_arms_with_every_prior(classes, heterogeneous):
    """Arms of a trial about its level, effects about their class, random effects of correlation 1/2; priors of unlike scale."""
    network = read_network(smoking_arms())
    setup = parameters(network, "no_contact", True, classes)
    model = binomial_model(network, setup, heterogeneous, 3.0, 0.7, 0.4)
    studies, names = network.studies, [n for n in network.treatments if n != "no_contact"]

    def parts(x):
        levels, rest = x[: len(studies)], x[len(studies) :]
        effects, rest = dict(zip(names, rest, strict=False)), rest[len(names) :]
        mean, rest = (rest[0], rest[1:]) if classes else (0.0, rest)
        omega = np.exp(x[-1]) if classes else 0.0
        scales = int(heterogeneous) + bool(classes)
        normals, tau = (
            rest[: len(rest) - scales],
            np.exp(rest[len(rest) - scales]) if heterogeneous else 0.0,
        )
        return levels, effects, mean, normals, tau, omega

    def by_hand(x):
        levels, effects, mean, normals, tau, omega = parts(x)
        beta = {n: mean + omega * e if n in classes else e for n, e in effects.items()} | {
            "no_contact": 0.0
        }
        value, place = 0.0, 0
        for level, study in zip(levels, studies, strict=True):
            size = len(study.arms) - 1
            root = np.linalg.cholesky((np.eye(size) + 1) / 2)
            shift = tau * root @ normals[place : place + size] if heterogeneous else np.zeros(size)
            place += size
            for arm, extra in zip(study.arms, [0.0, *shift], strict=True):
                eta = level + beta[arm.treatment] - beta[study.treatments[0]] + extra
                value += arm.events * eta - arm.n * np.logaddexp(0, eta)
        value -= 0.5 * (levels**2).sum() / 100.0**2 + 0.5 * (normals**2).sum()
        value -= sum(0.5 * e**2 / (1.0 if n in classes else 9.0) for n, e in effects.items())
        value -= 0.5 * mean**2 / 9.0
        if heterogeneous:
            value += np.log(tau) - 0.5 * (tau / 0.7) ** 2
        return value + (np.log(omega) - 0.5 * (omega / 0.4) ** 2 if classes else 0.0)

    density = model.log_density()
    one, other = np.random.default_rng(5).normal(0, 0.5, (2, model.dimension))
    assert density(one)[0] - density(other)[0] == pytest.approx(by_hand(one) - by_hand(other))
    beta, tau, omega = model.natural(np.stack([one, other]))
    for row, x in enumerate((one, other)):
        _, effects, mean, _, scale, spread = parts(x)
        assert beta[row, :3] == pytest.approx(
            [mean + spread * e if n in classes else e for n, e in effects.items()]
        )
        assert (tau[row], omega[row]) == pytest.approx((scale, spread))
    far = one.copy()
    far[: len(studies)] = np.linspace(-800, 800, len(studies))
    assert np.isfinite(density(far)[0]) and np.isfinite(density(far)[1]).all()


def test_levels_begin_where_the_events_of_their_trial_are():
    network = read_network(smoking_arms())
    model = binomial_model(
        network, parameters(network, "no_contact", True, {}), True, 3.0, 0.7, 0.4
    )
    point = model.start()
    for value, study in zip(point, network.studies, strict=False):
        events, people = (sum(getattr(arm, name) for arm in study.arms) for name in ("events", "n"))
        size = len(study.arms)
        assert value == pytest.approx(
            np.log((events + 0.5 * size) / (people + size - events - 0.5 * size))
        )
    assert (point[len(network.studies) : -1] == 0).all() and point[-1] == pytest.approx(np.log(0.5))
    fixed = binomial_model(
        network, parameters(network, "no_contact", True, {}), False, 3.0, 0.7, 0.4
    )
    assert (fixed.start()[len(network.studies) :] == 0).all()


def test_deviance_is_twice_the_log_likelihood_lost_against_the_observed_shares():
    rows = [("s", "a", 3, 10), ("s", "b", 0, 12), ("t", "a", 9, 9), ("t", "b", 4, 8)]
    network = read_network(
        [dict(zip(("study", "treatment", "events", "n"), row, strict=True)) for row in rows]
    )
    model = binomial_model(network, parameters(network, "a", True, {}), False, 3.0, 0.7, 0.4)
    share = np.array([0.2, 0.1, 0.7, 0.5])
    events, people = np.array([3, 0, 9, 4]), np.array([10, 12, 9, 8])
    lost = binom.logpmf(events, people, events / people) - binom.logpmf(events, people, share)
    assert model.deviance(share) == pytest.approx(2 * lost)


def test_a_run_too_short_is_refused_with_the_reason():
    with pytest.raises(ConvergenceError, match="effective sample size .* below 400"):
        binomial_network(smoking_arms(), reference="no_contact", sampler=Sampler(20, 50, 2, 1, 0.8))


def test_diagnostics_name_what_fails():
    assert Diagnostics(1.0, 900.0, 900.0, 0, 4000).failures == []
    assert len(Diagnostics(1.2, 90.0, 90.0, 40, 4000).failures) == 4
    assert Diagnostics(float("nan"), 900.0, 900.0, 0, 4000).failures


def test_only_counts_have_a_binomial_likelihood():
    rows = {"study": ["1"], "treat1": ["a"], "treat2": ["b"], "effect": [1.0], "se": [0.1]}
    with pytest.raises(EvidenceError, match="events and n of every arm"):
        binomial_network(read_network(rows, measure="OR"))
