r"""The mixed model for repeated measures in many trials at once, where people who leave do not come back.

Every covariate (arm, baseline) acts at every visit on its own, so the design of a person is :math:`I \otimes z_i'` and the
restricted likelihood depends on the data only by cross products of :math:`z` and :math:`y` over those with the same last visit m:

.. math:: -2\ell_R = \sum_m n_m \ln|\Sigma_m| + \ln|M| + \sum_m \mathrm{tr}(W_m R_m) + \text{const},\quad
    W_m = \Sigma_m^{-1},\quad M = \sum_m W_m \otimes \sum_{i \in m} z_i z_i'

with R the cross products of the residuals. Steps are Newton's from the closed form of the unrestricted likelihood (regressions
of each visit on those before), halved until they help. `speciosa.trials.repeated` does the same for one trial of any design; tests
hold both to the same numbers.

Sources: as `speciosa.trials.repeated.likelihood` and `speciosa.trials.repeated.contrasts`.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from speciosa.trials.analysis.data import Compared
from speciosa.trials.analysis.result import Found, by_t

Array = NDArray[np.float64]
_STEPS, _ENOUGH = 30, 1e-10
_COLUMNS = 3
"""Of a visit: intercept, arm, baseline."""


@dataclass(frozen=True)
class Products:
    """Cross products by trial (T) and last visit (m), the visits counted from 1.

    Attributes:
        n: people, shape (m, T).
        zz: of covariates, shape (m, T, 3, 3).
        zy: of covariates and responses, shape (m, T, 3, visits), 0 beyond the last visit.
        yy: of responses, shape (m, T, visits, visits).
    """

    n: Array
    zz: Array
    zy: Array
    yy: Array

    def of(self, some: NDArray[np.bool_]) -> "Products":
        """Those of some trials."""
        return Products(self.n[:, some], self.zz[:, some], self.zy[:, some], self.yy[:, some])


def products(data: Compared) -> Products:
    """Cross products; each is the sum of one array along people, in an order that depends on nothing else."""
    visits, trials, people = data.y.shape
    middle = data.baseline.mean(axis=1, keepdims=True)
    columns = [
        np.ones((trials, people)),
        np.broadcast_to(data.treated.astype(np.float64), (trials, people)),
        data.baseline - middle,
    ]
    last = np.where(data.kept, data.seen.sum(0), 0)
    n = np.zeros((visits, trials))
    zz = np.zeros((visits, trials, _COLUMNS, _COLUMNS))
    zy = np.zeros((visits, trials, _COLUMNS, visits))
    yy = np.zeros((visits, trials, visits, visits))
    change = data.y - data.baseline
    for m in range(visits):
        here = last == m + 1
        n[m] = here.sum(1)
        cut = [np.where(here, column, 0.0) for column in columns]
        for a in range(_COLUMNS):
            for b in range(a, _COLUMNS):
                zz[m, :, a, b] = zz[m, :, b, a] = (cut[a] * columns[b]).sum(1)
            for j in range(m + 1):
                zy[m, :, a, j] = (cut[a] * change[j]).sum(1)
        for j in range(m + 1):
            mine = np.where(here, change[j], 0.0)
            for k in range(j, m + 1):
                yy[m, :, j, k] = yy[m, :, k, j] = (mine * change[k]).sum(1)
    return Products(n, zz, zy, yy)


@lru_cache(maxsize=16)
def _pairs(visits: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """The parameters of the covariance, as pairs of visits, and the matrix that makes it of them."""
    rows, columns = np.triu_indices(visits)
    double = np.zeros((visits, visits, len(rows)))
    place = np.arange(len(rows))
    double[rows, columns, place] = double[columns, rows, place] = 1.0
    return rows, columns, double.reshape(visits * visits, len(rows))


@dataclass(frozen=True)
class _At:
    """The likelihood at a covariance, by trial."""

    value: Array
    w: Array
    phi: Array
    beta: Array
    residual: Array
    cross: Array


def _at(data: Products, sigma: Array) -> _At:
    """The likelihood; infinite where the covariance is not positive definite."""
    visits, trials = data.n.shape
    size = visits * _COLUMNS
    w = np.zeros((visits, trials, visits, visits))
    logs = np.zeros(trials)
    sound = np.ones(trials, dtype=bool)
    for m in range(visits):
        part = sigma[:, : m + 1, : m + 1]
        sign, log = np.linalg.slogdet(part)
        sound &= sign > 0
        safe = np.where(sound[:, None, None], part, np.eye(m + 1))
        w[m, :, : m + 1, : m + 1] = np.linalg.inv(safe)
        logs += data.n[m] * np.where(sound, log, 0.0)
    information = (w[:, :, :, None, :, None] * data.zz[:, :, None, :, None, :]).sum(0)
    information = information.reshape(trials, size, size)
    sign, log = np.linalg.slogdet(information)
    sound &= (sign > 0) & np.isfinite(log)
    phi = np.linalg.inv(np.where(sound[:, None, None], information, np.eye(size)))
    right = (w @ np.swapaxes(data.zy, 2, 3)).sum(0).reshape(trials, size, 1)
    beta = (phi @ right).reshape(trials, visits, _COLUMNS)
    cross = data.zy - _seen(data.zz @ np.swapaxes(beta, 1, 2)[None])
    # sum of e e' = yy - beta zy - zy' beta' + beta zz beta', and cross = zy - zz beta'
    first = beta[None] @ data.zy
    residual = data.yy - first - np.swapaxes(_seen_rows(beta) @ cross, 2, 3)
    residual = _seen_both(residual)
    value = logs + np.where(sound, log, 0.0) + (w * residual).sum((0, 2, 3))
    return _At(np.where(sound, value, np.inf), w, phi, beta, residual, cross)


def _mask(visits: int) -> NDArray[np.bool_]:
    """Which visits those have who were last seen at each, shape (m, visits)."""
    return np.tri(visits, dtype=bool)


def _seen(values: Array) -> Array:
    """Columns of visits beyond the last set to nothing, shape (m, T, ?, visits)."""
    found: Array = values * _mask(len(values))[:, None, None, :]
    return found


def _seen_rows(beta: Array) -> Array:
    """The coefficients for each last visit, shape (m, T, visits, 3), nothing beyond it."""
    found: Array = beta[None] * _mask(beta.shape[1])[:, None, :, None]
    return found


def _seen_both(values: Array) -> Array:
    mask = _mask(len(values))
    found: Array = values * mask[:, None, :, None] * mask[:, None, None, :]
    return found


def _form(w: Array, s: Array, double: Array) -> Array:
    """tr(E_k W E_l S) for all pairs of parameters, summed over last visits; W and S of shape (m, T, v, v)."""
    visits = w.shape[2]
    trials = w.shape[1]
    full = (w[:, :, None, :, :, None] * np.swapaxes(s, 2, 3)[:, :, :, None, None, :]).sum(0)
    flat = full.reshape(trials, visits * visits, visits * visits)
    found: Array = double.T @ flat @ double
    return found


@dataclass(frozen=True)
class _Slopes:
    gradient: Array
    observed: Array
    expected: Array
    p: Array


def _slopes(data: Products, at: _At) -> _Slopes:
    """Derivatives of minus twice the log-likelihood by the parameters of the covariance."""
    visits, trials = data.n.shape
    rows, columns, double = _pairs(visits)
    count, size = len(rows), visits * _COLUMNS
    w = at.w
    wrw = w @ at.residual @ w
    blocks = at.phi.reshape(trials, visits, _COLUMNS, visits, _COLUMNS)
    # h: what phi and the covariates make of each pair of visits
    h = (blocks[None] * data.zz[:, :, None, :, None, :]).sum((3, 5))
    lean = data.n[:, :, None, None] * w - wrw - w @ h @ w
    gradient = (lean.sum(0).reshape(trials, 1, -1) @ double)[:, 0]
    # W E_k W for each parameter and last visit
    outer = w[:, :, :, rows].transpose(0, 1, 3, 2)
    inner = w[:, :, :, columns].transpose(0, 1, 3, 2)
    turned = outer[..., :, None] * inner[..., None, :]
    turned = turned + np.where(rows == columns, 0.0, 1.0)[:, None, None] * np.swapaxes(turned, 3, 4)
    p = -(turned[..., :, None, :, None] * data.zz[:, :, None, None, :, None, :]).sum(0)
    p = p.reshape(trials, count, size, size)
    moved = at.phi[:, None] @ p
    flat = moved.reshape(trials, count, size * size)
    turned_flat = np.swapaxes(moved, 2, 3).reshape(trials, count, size * size)
    reml = flat @ np.swapaxes(turned_flat, 1, 2)
    expected = _form(w, data.n[:, :, None, None] * w - 2 * (w @ h @ w), double) + reml
    # e' W E_k W E_l W e, less what the coefficients take of it
    lever = (turned @ np.swapaxes(at.cross, 2, 3)[:, :, None]).sum(0).reshape(trials, count, size)
    curvature = _form(w, wrw, double) - lever @ at.phi @ np.swapaxes(lever, 1, 2)
    return _Slopes(gradient, 2 * curvature - expected, expected, p)


def _start(data: Products) -> Array:
    """The covariance where the unrestricted likelihood is greatest: each visit regressed on those before and on the covariates."""
    visits, trials = data.n.shape
    sigma = np.zeros((trials, visits, visits))
    for j in range(visits):
        zz, zy, yy = (part[j:].sum(0) for part in (data.zz, data.zy, data.yy))
        n = data.n[j:].sum(0)
        size = _COLUMNS + j
        normal = np.zeros((trials, size, size))
        normal[:, :_COLUMNS, :_COLUMNS] = zz
        normal[:, :_COLUMNS, _COLUMNS:] = zy[:, :, :j]
        normal[:, _COLUMNS:, :_COLUMNS] = np.swapaxes(zy[:, :, :j], 1, 2)
        normal[:, _COLUMNS:, _COLUMNS:] = yy[:, :j, :j]
        right = np.concatenate((zy[:, :, j], yy[:, :j, j]), axis=1)[:, :, None]
        ridge = 1e-9 * np.trace(normal, axis1=1, axis2=2)[:, None, None] + 1e-12
        found = np.linalg.solve(normal + ridge * np.eye(size), right)
        rest = (yy[:, j, j] - (right * found).sum((1, 2))) / np.maximum(n - size, 1)
        past = found[:, _COLUMNS:, 0]
        with_past = (sigma[:, :j, :j] @ past[:, :, None])[:, :, 0]
        sigma[:, j, :j] = sigma[:, :j, j] = with_past
        sigma[:, j, j] = np.maximum(rest, 1e-10) + (with_past * past).sum(1)
    return sigma


def mmrm(
    data: Compared, better: int, margin: float, alpha: float, *, kenward_roger: bool = False
) -> Found:
    """The difference at the last visit, unstructured covariance, REML.

    Args:
        data: of two arms.
        better: 1 where more is better, -1 where less is.
        margin: of non-inferiority.
        alpha: one-sided.
        kenward_roger: whether the standard error is adjusted by Kenward and Roger; the degrees of freedom are
            Satterthwaite's either way, as for any single contrast.
    """
    if len(data.y) == 1:
        from speciosa.trials.analysis.means import ancova

        return ancova(data, better, margin, alpha)
    whole = products(data)
    estimate, se, df = (np.full(data.baseline.shape[0], np.nan) for _ in range(3))
    # a visit that too few have seen fixes no covariance
    visits = len(data.y)
    reached = np.cumsum(whole.n[::-1], axis=0)[::-1]
    sound = reached[-1] > _COLUMNS + visits
    if sound.any():
        found = _fitted(whole.of(sound), kenward_roger)
        estimate[sound], se[sound], df[sound] = found
    return by_t(estimate, se, df, better, margin, alpha)


def _fitted(data: Products, kenward_roger: bool) -> tuple[Array, Array, Array]:
    """Estimate, standard error and degrees of freedom by trial; NaN where no covariance is best."""
    visits, trials = data.n.shape
    _, _, double = _pairs(visits)
    sigma = _start(data)
    at = _at(data, sigma)
    open_ = np.isfinite(at.value)
    done = np.zeros(trials, dtype=bool)
    final_phi, final_beta = at.phi.copy(), at.beta.copy()
    observed = np.tile(np.eye(double.shape[1]), (trials, 1, 1))
    p = np.zeros((trials, double.shape[1], *at.phi.shape[1:]))
    extra = np.zeros(trials)
    for _ in range(_STEPS):
        if not open_.any():
            break
        part = data.of(open_)
        here = _at(part, sigma[open_])
        slopes = _slopes(part, here)
        step = _downward(slopes)
        gain = -(slopes.gradient * step).sum(1)
        ends = gain < _ENOUGH
        rows = np.flatnonzero(open_)
        finished = rows[ends]
        final_phi[finished], final_beta[finished] = here.phi[ends], here.beta[ends]
        observed[finished], p[finished] = slopes.observed[ends], slopes.p[ends]
        if kenward_roger and ends.any():
            extra[finished] = _adjusted(part.of(ends), _picked(here, ends), slopes, ends, double)
        done[finished] = True
        going = rows[~ends]
        open_[finished] = False
        if going.size:
            moved, ok = _moved(data, sigma, going, step[~ends], here.value[~ends], double)
            sigma[going] = moved
            open_[going[~ok]] = False
    place = (visits - 1) * _COLUMNS + 1
    variance = final_phi[:, place, place]
    column = final_phi[:, :, place]
    gradient = -((p @ column[:, None, :, None])[..., 0] * column[:, None]).sum(2)
    solved = np.linalg.solve(
        np.where(done[:, None, None], observed, np.eye(p.shape[1])), gradient[:, :, None]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        df = variance**2 / (gradient * solved[:, :, 0]).sum(1)
    estimate = np.where(done, final_beta[:, visits - 1, 1], np.nan)
    se = np.sqrt(np.where(done & (df > 0), variance + extra, np.nan))
    return estimate, se, np.where(df > 0, df, 1.0)


def _picked(at: _At, some: NDArray[np.bool_]) -> _At:
    return _At(
        at.value[some],
        at.w[:, some],
        at.phi[some],
        at.beta[some],
        at.residual[:, some],
        at.cross[:, some],
    )


def _downward(slopes: _Slopes) -> Array:
    """Newton's step where it goes down, else Fisher's."""
    ridge = (
        1e-12
        * np.trace(slopes.expected, axis1=1, axis2=2)[:, None, None]
        * np.eye(slopes.gradient.shape[1])
    )
    positive = np.linalg.eigvalsh(slopes.observed)[:, 0] > 0
    matrix = np.where(positive[:, None, None], slopes.observed, slopes.expected + ridge)
    solved = np.linalg.solve(matrix, slopes.gradient[:, :, None])[:, :, 0]
    return np.asarray(-solved, dtype=np.float64)


def _moved(
    data: Products, sigma: Array, going: NDArray[np.int64], step: Array, value: Array, double: Array
) -> tuple[Array, NDArray[np.bool_]]:
    """The covariances a step further, halved until the likelihood is no worse; and whether any helped."""
    visits = sigma.shape[1]
    change = (step @ double.T).reshape(-1, visits, visits)
    found = sigma[going].copy()
    wait = np.ones(len(going), dtype=bool)
    scale = 1.0
    for _ in range(30):
        tried = found[wait] + scale * change[wait]
        rows = np.zeros(data.n.shape[1], dtype=bool)
        rows[going[wait]] = True
        reached = _at(data.of(rows), tried).value
        good = reached <= value[wait] + 1e-10 * np.abs(value[wait])
        places = np.flatnonzero(wait)
        found[places[good]] = tried[good]
        wait[places[good]] = False
        if not wait.any():
            break
        scale /= 2
    return found, ~wait


def _adjusted(
    data: Products, at: _At, slopes: _Slopes, ends: NDArray[np.bool_], double: Array
) -> Array:
    """What Kenward and Roger add to the variance of the difference at the last visit."""
    visits, trials = data.n.shape
    place = (visits - 1) * _COLUMNS + 1
    column = at.phi[:, :, place].reshape(trials, visits, _COLUMNS)
    k = column[None] @ data.zz @ np.swapaxes(column, 1, 2)[None]
    q = _form(at.w, at.w @ k @ at.w, double)
    pulled = (slopes.p[ends] @ at.phi[:, None, :, place, None])[..., 0]
    inner = q - pulled @ at.phi @ np.swapaxes(pulled, 1, 2)
    spread = 2 * np.linalg.inv(slopes.observed[ends])
    found: Array = 2 * (spread * inner).sum((1, 2))
    return found
