"""Calibrates the slow clock: ``python -m speciosa.care.calibrate``; some 10 minutes on one core.

What was simulated is kept, so that it can be stopped and begun again.
Waves of simulations, the first about where the calibration before ended and each other about the mode that the one before found,
are emulated; the emulated posterior is sampled by elliptical slices; a hundred draws are handed on by index and simulated again.
"""

import csv
import hashlib
import io
import sys
from pathlib import Path

import numpy as np
from scipy.optimize import least_squares
from scipy.special import ndtri

from speciosa.care.calibrate.elliptical import sample
from speciosa.care.calibrate.emulator import Emulator, fitted
from speciosa.care.calibrate.moments import moments
from speciosa.care.calibrate.page import page
from speciosa.care.calibrate.published import RATIO
from speciosa.care.calibrate.targets import targets
from speciosa.care.parameters import priors
from speciosa.care.stepping.arrays import Floats
from speciosa.identity import program
from speciosa.saving import keep, kept, save_whole

HANDED_ON = 100
_SEED = 20261129
_PEOPLE, _COHORT, _BLOCK = 400, 250, 100
_WAVES = ((700, 0), (1500, 12), (2400, 14))
_DATA = Path(__file__).parents[1] / "data"


def main() -> None:
    """Runs the calibration and writes its files."""
    rng = np.random.default_rng(_SEED)
    names = [prior.name for prior in priors()]
    observed = np.array([target.value for target in targets()])
    sd = np.array([target.sd for target in targets()])
    mode, spread = _begin(names)
    done = 0
    for wave, (many, crossed) in enumerate(_WAVES):
        z = mode + rng.standard_normal((many, len(names))) @ np.linalg.cholesky(spread).T
        found = simulated(z, done)
        done += many
        emulator = fitted(z, found, sd, crossed)
        mode, spread = _mode(emulator, observed, sd, mode)
        worst = np.abs(emulator(mode[None])[0] - observed) / sd
        _say(f"wave {wave + 1}: mean squared miss {np.mean(worst**2):.2f}, {_worst(worst)}")
        if wave < len(_WAVES) - 1:
            spread = _wider(spread)
    total = sd**2 + emulator.variance

    def log_posterior(draws: Floats) -> Floats:
        miss = (emulator(draws) - observed) ** 2 / total
        value: Floats = -0.5 * (miss.sum(axis=1) + (draws**2).sum(axis=1))
        return value

    posterior = sample(log_posterior, mode, spread, rng=rng)
    _say(
        f"{posterior.effective:.0f} effective draws at least, scale reduction {posterior.mixed:.3f}"
    )
    handed = posterior.resampled(HANDED_ON, rng)
    again = simulated(np.repeat(handed, 5, axis=0), done).reshape(HANDED_ON, 5, -1).mean(axis=1)
    apart = np.sqrt(np.mean((again - emulator(handed)) ** 2, axis=0)) / sd
    _say(f"emulator against simulation, in errors of the targets: {np.median(apart):.2f}")
    # What belongs to one study is not handed on: another study has its own. Quantiles in a drawn order, since the middle of so few
    # plain draws would lie off by an eighth of the spread.
    spread_out = ndtri((np.arange(HANDED_ON) + 0.5) / HANDED_ON)
    for j, name in enumerate(names):
        if name.startswith("study_"):
            handed[:, j] = np.random.default_rng([_SEED, j]).permutation(spread_out)
    save_whole(_DATA / "posterior.csv", _table(names, handed.tolist(), "{:.5f}"))
    save_whole(_DATA / "fit.csv", _fit(again))
    save_whole(_DATA / "moved.csv", _moved(posterior.pooled))
    docs = _DATA.parents[3] / "docs"
    if docs.is_dir():
        save_whole(docs / "plans-fit.md", page())


def _begin(names: list[str]) -> tuple[Floats, Floats]:
    """Where the calibration before ended, wider; the prior of a number that it did not have."""
    text = (_DATA / "moved.csv").read_text(encoding="utf-8")
    before = {row["name"]: row for row in csv.DictReader(text.splitlines())}
    mode = np.array([float(before[n]["shift_sd"]) if n in before else 0.0 for n in names])
    sd = np.array([float(before[n]["sd_ratio"]) if n in before else 0.8 for n in names])
    return mode, _wider(np.diag(sd**2))


def _wider(spread: Floats) -> Floats:
    found: Floats = 1.5 * spread + 0.02 * np.eye(len(spread))
    return found


def simulated(z: Floats, first: int) -> Floats:
    """Moments of many draws, in blocks that are kept; `first` is the number of the first."""
    blocks = range(0, len(z), _BLOCK)
    return np.concatenate([_block(z[begin : begin + _BLOCK], first + begin) for begin in blocks])


def _block(z: Floats, first: int) -> Floats:
    about = f"{z.tobytes().hex()}{first}{_PEOPLE}{_COHORT}{sorted(program().items())}"
    key = f"calibration-{hashlib.sha256(about.encode()).hexdigest()[:24]}"
    stored = kept("care", key)
    if stored is not None:
        return np.frombuffer(stored).reshape(len(z), -1)
    found = moments(z, seed=_SEED + first, people=_PEOPLE, cohort=_COHORT)
    keep("care", key, found.tobytes())
    return found


def _mode(emulator: Emulator, observed: Floats, sd: Floats, start: Floats) -> tuple[Floats, Floats]:
    """The mode of the emulated posterior, and the covariance of its curvature."""
    scale = np.sqrt(sd**2 + emulator.variance)

    def misses(z: Floats) -> Floats:
        return np.concatenate([(emulator(z[None])[0] - observed) / scale, z])

    found = least_squares(misses, start, bounds=(-4.0, 4.0))
    slopes = np.asarray(found.jac, dtype=float)
    return np.asarray(found.x), np.linalg.inv(slopes.T @ slopes)


def _fit(again: Floats) -> str:
    rows = []
    for j, target in enumerate(targets()):
        low, high = np.quantile(again[:, j], [0.05, 0.95])
        value, shown = target.value, [again[:, j].mean(), low, high]
        if target.what in ("rate", "ratio", RATIO):
            value, shown = np.exp(value), list(np.exp([np.median(again[:, j]), low, high]))
        rows.append(
            [target.id, target.what, target.arm, f"{target.at:g}", f"{value:.4f}"]
            + [f"{number:.4f}" for number in shown]
            + [str(target.n), "held out" if np.isinf(target.sd) else "calibrates"]
        )
    head = ["id", "what", "arm", "at", "observed", "predicted", "low", "high", "n", "use"]
    return _table(head, rows, "{}")


def _moved(z: Floats) -> str:
    mean, spread = z.mean(axis=0), z.std(axis=0)
    rows = []
    for j, prior in enumerate(priors()):
        low, middle, high = (
            float(prior.value(np.array([mean[j] + k * spread[j]]))[0]) for k in (-1.645, 0, 1.645)
        )
        rows.append(
            [prior.name, prior.unit, f"{prior.median:g}", f"{middle:.4g}", f"{low:.4g}"]
            + [f"{high:.4g}", f"{mean[j]:.2f}", f"{spread[j]:.2f}"]
        )
    head = ["name", "unit", "prior_median", "median", "low", "high", "shift_sd", "sd_ratio"]
    return _table(head, rows, "{}")


def _table(head: list[str], rows: list[list[float]] | list[list[str]], form: str) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([form.format(cell) for cell in row] for row in rows)
    return text.getvalue()


def _worst(misses: Floats) -> str:
    worst = np.argsort(-misses)[:6]
    return ", ".join(f"{targets()[j].id} {misses[j]:.1f}" for j in worst)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
