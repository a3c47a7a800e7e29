"""The published numbers of `data/expected.csv`, and how each case is computed by the public interface."""

import csv
import os
from functools import lru_cache
from pathlib import Path

import pytest

from speciosa.trials import design

DATA = Path(__file__).parent / "data"
FOLDER = "SPECIOSA_TRIAL_DATA"
DOSES = (0.0, 0.05, 0.2, 0.6, 1.0)
SHAPES = {
    "emax": design.Shape("emax", (0.2,)),
    "linear": design.Shape("linear"),
    "linlog": design.Shape("linlog", (0.1,)),
    "logistic": design.Shape("logistic", (0.5, 0.1)),
    "exponential": design.Shape("exponential", (0.3,)),
    "betaMod1": design.Shape("beta", (0.33, 2.31)),
}
SKELETON = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7)
LEVELS, EVENTS = (3, 4, 4, 3, 3, 4, 3, 2, 2, 2), (0, 0, 1, 0, 0, 1, 0, 0, 0, 0)
SEQUENTIAL = {
    "obf_k3_a0.025_b0.1": {},
    "obf_k5_a0.025_b0.1": {"looks": 5},
    "pocock_k3_a0.025_b0.1": {"spending": "pocock"},
    "pocock_k5_a0.025_b0.1": {"looks": 5, "spending": "pocock"},
    "ldobf_t0.5_1_a0.025_b0.2": {
        "looks": (0.5, 1.0),
        "spending": "lan-demets-obrien-fleming",
        "power": 0.8,
    },
    "ldobf_t0.3_0.7_1_a0.025_b0.1": {
        "looks": (0.3, 0.7, 1.0),
        "spending": "lan-demets-obrien-fleming",
    },
    "ldpocock_t0.33_0.67_1_a0.025_b0.1": {
        "looks": (0.33, 0.67, 1.0),
        "spending": "lan-demets-pocock",
    },
    "hsd_gamma-4_k3_a0.025_b0.1": {"spending": "hwang-shih-decani", "gamma": -4.0},
    "obf_k3_futility0_a0.025_b0.2": {"futility": (0.0, 0.0), "power": 0.8},
    "wt_delta0.25_k4_a0.025_b0.1": {"looks": 4, "spending": "wang-tsiatis", "delta": 0.25},
}
SIZES = {
    "fixed_means_d1_sd2.4_power80": lambda: design.size_means(1, 2.4, power=0.8),
    "fixed_means_d0.69_sd2.4_power90": lambda: design.size_means(0.69, 2.4, power=0.9),
    "fixed_rates_0.42_0.28_power80": lambda: design.size_rates(0.42, 0.28, power=0.8),
    "fixed_rates_0.60_0.45_power90": lambda: design.size_rates(0.6, 0.45, power=0.9),
    "logrank_hr0.7_med6_accr12_fu12_power80": lambda: design.size_survival(
        0.7, 6, 12, 12, power=0.8
    ),
    "gs_obf_k3_means_d0.4": lambda: design.size_means(
        0.4, power=0.8, design=design.group_sequential(3, power=0.8)
    ),
    "t_test_d0.3_n175_ratio1": lambda: _t_power(0.3, 350, 1),
    "t_test_d0.5_n64_ratio1": lambda: _t_power(0.5, 128, 1),
    "t_test_d0.2_n393_ratio1": lambda: _t_power(0.2, 786, 1),
    "t_test_d0.4_n60_ratio2": lambda: _t_power(0.4, 180, 2),
    "t_test_d0.3_power0.8": lambda: design.size_means(0.3, power=0.8, alpha=0.05, sided=2),
    "t_test_d0.4167_power0.9": lambda: design.size_means(0.4167, power=0.9, alpha=0.05, sided=2),
}


def _t_power(effect, size, ratio):
    return design.size_means(effect, size=size, alpha=0.05, sided=2, ratio=ratio)


def rows(*cases):
    """Rows of cases that begin so."""
    with (DATA / "expected.csv").open(encoding="utf-8", newline="") as file:
        return [row for row in csv.DictReader(file) if row["case"].startswith(cases)]


def named(row):
    return "-".join(row[name] for name in ("case", "quantity", "index") if row[name])


def agrees(found, row):
    value, tolerance = float(row["value"]), float(row["tolerance"])
    return abs(found - value) <= tolerance * (abs(value) if row["kind"] == "relative" else 1)


@lru_cache(maxsize=64)
def sequential(case):
    return design.group_sequential(**SEQUENTIAL[case])


@lru_cache(maxsize=64)
def size(case):
    return SIZES[case]()


@lru_cache(maxsize=8)
def boin_trials(scenario):
    text = next(r["value"] for r in rows("boin_scenarios") if r["index"] == scenario)
    rates = [float(word) for word in text.split()]
    return design.boin_characteristics(design.boin(0.3), rates, trials=20_000)


@lru_cache(maxsize=1)
def crm_trials():
    return design.crm_characteristics(SKELETON, 0.2, SKELETON, start=3, trials=2000)


@lru_cache(maxsize=2)
def contrasts(alpha=0.025):
    """The test of the design of 5 doses and 20 people each; the means are of no matter for contrasts and bounds."""
    return design.contrast_test((0.0,) * 5, 1.0, (20,) * 5, DOSES, SHAPES, alpha=alpha)


@lru_cache(maxsize=1)
def contrast_power():
    return design.contrast_power(DOSES, (20,) * 5, SHAPES, max_effect=0.4, sd=0.65)


def from_folder(name):
    """A data set that may not be kept here, from a folder of one's own."""
    folder = os.environ.get(FOLDER)
    if folder is None:
        pytest.skip(
            f"{name} comes with software under the GPL and is not kept here: set {FOLDER} to its folder"
        )
    with (Path(folder) / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@lru_cache(maxsize=1)
def biom():
    table = from_folder("biom.csv")
    return tuple(float(r["dose"]) for r in table), tuple(float(r["resp"]) for r in table)
