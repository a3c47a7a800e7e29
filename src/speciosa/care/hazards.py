r"""From the draws of the slow clock and the readings of the fast one to the tables that the loop over people reads.

Leaving a medicine on day $t$: $h_0(1+A e^{-t/\tau})(1+t/28)^{-\gamma}\,e^{\beta(E_{ref}-E)}$, with $E$ where tolerance settles
under the dose and $E_{ref}$ under the usual one of the trial. Use on a day: log odds
$\alpha+\beta_o\,\rho+\beta_b B+\beta_w W-\phi(1-e^{-t/\theta})$ with the share $\rho$ of the receptor that is taken, the share $B$
of the effect of a usual dose that is gone, and the withdrawal score $W$ above its resting value. Return to use after a stop: for
some soon, after an exponential time, for the others Weibull, times $e^{\beta W}$. One use stops ventilation with probability

$$\Phi\!\left(z_0+(1-\kappa)\frac{\ln C(U_0)-\ln C(U)}{\sigma}\right)$$

where $C(U)$ is the concentration that stops breathing at a tolerance $U$ under the medicine, $U_0$ that of habitual use, and
$\kappa$ the share of a change for which people make up by their dose. Some uses in daily treatment fall on days without
the medicine.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from speciosa.care.mechanism import Untreated
from speciosa.care.observations import rows
from speciosa.care.parameters import judged, pain_doses
from speciosa.care.phases import Phase
from speciosa.care.plan import PLACEBO
from speciosa.care.regimens import CALIBRATED
from speciosa.care.stepping import arrays as a
from speciosa.care.stepping.arrays import Floats

GRID = 65
_WEEK_D, _MONTH_D, _ALWAYS_D = 7.0, 28.0, 1e6
NALTREXONE = "naltrexone"
_READ_D = (3.0, 10.0, 21.0)
"""Days on which the mechanism reads what stops breathing, besides the last."""
BESIDE = 1e-3
"""Odds of use beside the prescription in people with pain: next to none; what stops their breathing is recorded, not derived."""


@dataclass(frozen=True)
class Setting:
    """What does not depend on the arm.

    Attributes:
        values: of the parameters, each ``(draws,)``.
        untreated: readings without a medicine, at the same draws.
        reference: where tolerance settles under the usual dose of each calibrated substance, ``(draws,)``.
        days: of follow-up.
        prescribed: share of people whose opioid is a prescribed one.
        fentanyl: share of the supply that is fentanyl-like.
        returns: hazard of return to treatment, 1/d, ``(draws,)``; 0 for none.
        followed: share of those who left who are still interviewed, ``(draws,)``.
        fatal_ratio: ratio of the odds that an overdose kills, by naloxone at hand.
        using_after: share who return to use soon after leaving, where a plan says.
        pain: numbers of chronic pain, where the plan is of it.
        habitual_mme: use before treatment, mg of morphine a day.
        tolerant: whether overdose follows tolerance; False holds it at that of habitual use.
        homeless: share of people without a home.
        justice: share sent by courts or coming from prison.
        clean: whether people begin abstinent, detoxified or for a time without use.
        clean_d: days for which they have not used where they could, so that the first are past.
    """

    values: Mapping[str, Floats]
    untreated: Untreated
    reference: Mapping[str, Floats]
    days: int
    prescribed: float
    fentanyl: float
    returns: Floats
    followed: Floats
    fatal_ratio: Floats | float = 1.0
    using_after: float | None = None
    pain: Mapping[str, Floats] | None = None
    habitual_mme: float = 120.0
    tolerant: bool = True
    homeless: float = 0.0
    justice: float = 0.0
    clean: bool = False
    clean_d: float = 0.0

    @property
    def draws(self) -> int:
        """How many."""
        return len(self.returns)


def tables(phases: Sequence[Phase], back: int, setting: Setting) -> a.Tables:
    """The tables of an arm.

    Args:
        phases: in their order; none for people without treatment.
        back: the phase to which people return, -1 for none.
        setting: the rest.
    """
    s, size = setting, len(phases)
    # Who has not used for a time is that much further on in the time to a return.
    days = np.arange(s.days + np.ceil(s.clean_d) + 2.0)
    shape = (s.draws, size, len(days))
    leave, odds = np.zeros(shape), np.zeros(shape)
    relapse = np.zeros((s.draws, size + 1, len(days)))
    fails = np.zeros((s.draws, size + 1, a.PERIODS, GRID))
    drive = np.zeros((s.draws, size, a.PERIODS))
    for j, phase in enumerate(phases):
        if phase.readings is not None:
            leave[:, j] = leaving(phase, s, days)
            odds[:, j] = _odds(phase, s, days)
            drive[:, j] = phase.readings.drive
        after = s.untreated.cows_after if phase.readings is None else phase.readings.cows_after
        relapse[:, j] = _relapse(s, days, after)
        fails[:, j] = _fails(s, phase)
    relapse[:, size] = _relapse(s, days, None)
    fails[:, size] = _fails(s, None)
    return a.Tables(
        leave, odds, relapse, fails, drive, _scalars(s, phases),
        np.array([phase.days for phase in phases]),
        np.array([phase.taper_days for phase in phases]),
        np.array([phase.covers_d for phase in phases]),
        np.array([int(phase.detoxification) for phase in phases], dtype=np.int64),
        np.array([int(phase.follows) for phase in phases], dtype=np.int64),
        np.array([back], dtype=np.int64),
        np.array([_without_a_start(s, phases)], dtype=np.int64),
    )  # fmt: skip


def _column(values: Floats) -> Floats:
    return values[:, None]


def _summed(steps: Floats) -> Floats:
    """A cumulative hazard from its steps."""
    return np.concatenate([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)], axis=1)


def _calm(phase: Phase, s: Setting, days: Floats) -> Floats:
    """Cumulative hazard of leaving without taper: the calibrated curve of the substance, or what is assumed."""
    v = s.values
    if s.pain is not None and phase.leaving == "calibrated":
        return _column(s.pain["pain_stop"]) * days
    if phase.leaving == "as untreated":
        return _without_care(s, days)
    base, early = _height(phase, v)
    tau = v["early_time"]
    middle = days[:-1] + 0.5
    settled = (1.0 + middle / _MONTH_D) ** -_column(v["leave_fall"])
    steps = np.diff(days + _column(early * tau) * (1.0 - np.exp(-days / _column(tau))), axis=1)
    found = _summed(_column(base) * steps * settled)
    if phase.leaving == "between":
        other = _without_care(s, days)
        found = _summed(np.sqrt(np.diff(found, axis=1) * np.diff(other, axis=1)))
    return found


def _height(phase: Phase, v: Mapping[str, Floats]) -> tuple[Floats, Floats]:
    """The hazard of leaving after the first weeks, and by how many times it is raised at first."""
    name = phase.substance if phase.leaving == "calibrated" else "buprenorphine"
    if name == PLACEBO:
        return v["leave_buprenorphine"] * np.exp(v["leave_placebo"]), v["early_buprenorphine"]
    if name in CALIBRATED:
        injected = name == "buprenorphine" and phase.covers_d >= _WEEK_D
        ratio = np.exp(v["depot_buprenorphine"]) if injected else 1.0
        return v[f"leave_{name}"] * ratio, v[f"early_{name}"]
    leave, early = (
        np.exp(v[f"{kind}_other"])
        * np.sqrt(np.prod([v[f"{kind}_{each}"] for each in CALIBRATED], axis=0))
        for kind in ("leave", "early")
    )
    if name == NALTREXONE:
        oral = phase.covers_d <= _WEEK_D
        leave = v["leave_naltrexone"] * (np.exp(v["oral_naltrexone"]) if oral else 1.0)
    return leave, early


def leaving(phase: Phase, s: Setting, days: Floats) -> Floats:
    """Cumulative hazard of leaving a phase by days in it, of the middle person, ``(draws, days)``."""
    v = s.values
    calm = _calm(phase, s, days)
    log_ratio = v["study_leave"] + s.prescribed * v["prescription_leave"]
    log_ratio = log_ratio + s.homeless * v["homeless_leave"] + s.justice * v["justice_leave"]
    usual = s.reference.get(phase.substance)
    if usual is not None and phase.leaving == "calibrated" and phase.readings is not None:
        slope = v["dose_leave"] + v.get(f"dose_leave_{phase.substance}", 0.0)
        log_ratio = log_ratio + slope * (usual - phase.readings.tolerance)
    steps = np.diff(calm, axis=1) * _column(np.exp(log_ratio))
    steps *= np.reshape(phase.leave_ratio, (-1, 1))
    tapering = days[:-1] >= phase.days - phase.taper_days
    steps = np.where(tapering, steps * _column(v["taper_leave"]), steps)
    return _summed(steps)


def leaving_elsewhere(v: Mapping[str, Floats], substance: str, *, routine: bool) -> Floats:
    """Ratio of the hazard of leaving an agonist in trials of others, or in routine care, to that in CTN-0027, by draw."""
    log_ratio = v.get(f"elsewhere_{substance}", np.zeros_like(v["routine_leave"]))
    found: Floats = np.exp(log_ratio + (v["routine_leave"] if routine else 0.0))
    return found


def fixed_dose(v: Mapping[str, Floats], substance: str) -> Floats:
    """Ratio of the hazard of leaving where the dose is the same for all, by draw; of methadone only, for no other was compared."""
    of = v["fixed_leave"]
    found: Floats = np.exp(of if substance == "methadone" else np.zeros_like(of))
    return found


def blocked(phase: Phase, s: Setting, days: Floats) -> Floats:
    """Share of the effect of a usual dose that is gone, by day: tolerance and a taken receptor against habitual use.

    ``1 - C0 / C`` with the concentrations that stop breathing at habitual use and now; below 0 where the medicine adds more than
    tolerance takes away, as methadone does in its first days. Under naltrexone the slow infusion by which it is read ends before
    breathing stops; there it is the share of the receptor that is taken.
    """
    read = phase.readings
    assert read is not None
    if phase.substance == NALTREXONE:
        return _lasting(read.occupancy, days)
    gain = read.log_stops - s.untreated.log_stops[:, :1]
    share = np.maximum(1.0 - np.exp(-np.nan_to_num(gain)), -judged("most_added"))
    at = (*_READ_D, float(read.occupancy.shape[1]))
    return np.array([np.interp(days, at, one) for one in share])


def _lasting(daily: Floats, days: Floats) -> Floats:
    """Readings by day for the whole of follow-up: after their end, the mean of their last week."""
    last = daily[:, -7:].mean(axis=1, keepdims=True)
    held = np.repeat(last, max(0, len(days) - daily.shape[1]), axis=1)
    return np.concatenate([daily, held], axis=1)[:, : len(days)]


def _odds(phase: Phase, s: Setting, days: Floats) -> Floats:
    assert phase.readings is not None
    v = s.values
    if s.pain is not None:
        return np.full((s.draws, len(days)), BESIDE)
    if phase.substance == PLACEBO:
        as_usual = v["using_share"] / (1.0 - v["using_share"]) * np.exp(v["study_use"])
        return np.repeat(_column(as_usual * phase.use_ratio), len(days), axis=1)
    occupancy = _lasting(phase.readings.occupancy, days)
    gone_effect = blocked(phase, s, days)
    cows = _lasting(phase.readings.cows, days)
    if phase.taper_days:
        gone = np.clip((days - (phase.days - phase.taper_days)) / phase.taper_days, 0.0, 1.0)
        occupancy, gone_effect = occupancy * (1.0 - gone), gone_effect * (1.0 - gone)
        worst = phase.readings.cows_after.max(axis=1, keepdims=True)
        cows = cows + gone * judged("taper_withdrawal") * (worst - cows)
    log_odds = (
        _column(v["use_intercept"] + v["study_use"] + s.prescribed * v["prescription_use"])
        + _column(v["use_occupancy"]) * occupancy
        + _column(v["use_blocked"]) * gone_effect
        + _column(v["use_withdrawal"]) * np.maximum(cows - judged("resting_cows"), 0.0)
        - _column(v["use_fall"]) * (1.0 - np.exp(-days / _column(v["use_fall_time"])))
    )
    found: Floats = np.exp(log_odds) * np.reshape(phase.use_ratio, (-1, 1))
    return found


def _relapse(s: Setting, days: Floats, cows_after: Floats | None) -> Floats:
    if s.pain is not None:
        return _column(s.pain["pain_relapse"]) * days
    return _weibull(s, days, cows_after)


def _without_care(s: Setting, days: Floats) -> Floats:
    """Cumulative hazard of falling back to use as people do whose treatment ended: some soon, the others later."""
    soon = -np.log1p(-s.values["uses_after_plan"])
    time = s.values["soon_time"]
    return _weibull(s, days, None) + _column(soon) * (1.0 - np.exp(-days / _column(time)))


def _weibull(s: Setting, days: Floats, cows_after: Floats | None) -> Floats:
    """Cumulative hazard of relapse in opioid use disorder."""
    v = s.values
    calm = (days / _column(v["relapse_time"])) ** _column(v["relapse_shape"])
    log_ratio = _column(v["study_relapse"]) + np.zeros((1, len(days) - 1))
    if cows_after is not None:
        above = np.maximum(cows_after - judged("resting_cows"), 0.0)[:, : len(days) - 1]
        log_ratio[:, : above.shape[1]] += _column(v["relapse_withdrawal"]) * above
    steps = np.diff(calm, axis=1) * np.exp(log_ratio)
    return _summed(steps)


def _fails(s: Setting, phase: Phase | None) -> Floats:
    """Probability that one use stops ventilation, by time in the phase and tolerance of breathing."""
    v, u = s.values, s.untreated
    shape = (s.draws, a.PERIODS, GRID)
    if s.pain is not None and phase is not None and phase.readings is not None:
        one = _prescribed(s, phase.readings.tolerance)
        return np.broadcast_to(one[:, None, None], shape).copy()
    grid = np.linspace(0.0, 1.0, GRID)
    found = np.zeros(shape)
    usual = ndtri(v["fails_usual"])
    # A dose of a day is missed, an injection is not.
    daily = phase is not None and phase.covers_d <= _WEEK_D
    for d in range(s.draws):
        tolerance, stops = u.breathing[d, ::-1], u.log_stops[d, ::-1]
        steep = (1.0 - v["made_up"][d]) / v["dose_spread"][d]
        lower = usual[d] + steep * (stops[-1] - _line(grid, tolerance, stops))
        shift = np.zeros(a.PERIODS)
        if phase is not None and phase.readings is not None:
            here = _line(phase.readings.breathing[d], tolerance, stops)
            shift = np.nan_to_num(phase.readings.log_stops[d] - here)
        found[d] = ndtr(lower - steep * shift[:, None])
        if daily:
            found[d] += v["uncovered"][d] * (ndtr(lower) - found[d])
    return found


def _prescribed(s: Setting, tolerance: Floats) -> Floats:
    """What stands for the probability of failing in a person with pain who takes a prescribed opioid.

    The recorded rate of overdose at the dose of morphine that drives tolerance as far, straight in logarithms of dose and rate.
    """
    doses, names = pain_doses()
    recorded = {row["id"]: row["value"] for row in rows()}
    rates = np.log([float(recorded[name]) for name in names])
    driven = tolerance / (1.0 - np.minimum(tolerance, 0.999))
    usual = s.untreated.tolerance / (1.0 - s.untreated.tolerance)
    mme = s.habitual_mme * driven / usual
    a_year = np.exp(np.interp(np.log(np.maximum(mme, 1e-6)), np.log(doses), rates))
    share = BESIDE / (1.0 + BESIDE)
    found: Floats = np.where(mme < 1.0, 0.0, a_year / 365.25 / (share * judged("uses_a_day")))
    return found


def _line(at: Floats, x: Floats, y: Floats) -> Floats:
    """Straight between points, and on along the last piece above them."""
    found: Floats = np.interp(at, x, y)
    slope = max((y[-1] - y[-2]) / (x[-1] - x[-2]), 0.0)
    return np.where(at > x[-1], y[-1] + slope * (at - x[-1]), found)


def _detoxified(phases: Sequence[Phase]) -> bool:
    """Whether people were detoxified before an arm begins: naltrexone is its first phase."""
    return bool(phases) and phases[0].substance == NALTREXONE


def _clean(s: Setting, phases: Sequence[Phase]) -> bool:
    """Whether people with opioid use disorder begin without use."""
    detox = bool(phases) and phases[0].detoxification
    return s.pain is None and not detox and (s.clean or _detoxified(phases))


def _without_a_start(s: Setting, phases: Sequence[Phase]) -> int:
    """The state in which people begin who do not take a first dose."""
    return a.USING if s.pain is None and not _clean(s, phases) else a.ABSTINENT


def _begins_soon(s: Setting) -> Floats:
    """Of people who begin without use, the share who return to it within days: fewer, the longer they have not used."""
    u = s.values["uses_after_plan"]
    left = u * np.exp(-s.clean_d / s.values["soon_time"])
    found: Floats = left / (left + 1.0 - u)
    return found


def _scalars(s: Setting, phases: Sequence[Phase]) -> Floats:
    v = s.values
    found = np.zeros((s.draws, a.SCALARS))
    odds = v["fatal"] / (1.0 - v["fatal"]) * s.fatal_ratio
    for place, value in {
        a.STARTS: v["starts_detoxified" if _detoxified(phases) else "starts"],
        a.USES_AT_ONCE: v["uses_at_once"] if s.using_after is None else s.using_after,
        a.USING_SHARE: v["using_share"],
        a.REMIT: v["remit"],
        a.RETURN: s.returns,
        a.RETURN_ABSTINENT: v["return_abstinent"],
        a.USES_A_DAY: judged("uses_a_day")
        * np.exp(v["study_harm"])
        * (v["fentanyl"] ** s.fentanyl if s.pain is None else 1.0),
        a.FATAL: odds / (1.0 + odds),
        a.OTHER_ON: v["other_on"],
        a.OTHER_OFF: v["other_on"] * v["other_off"],
        a.TOLERANCE_RATE: s.untreated.rate,
        a.BREATHING_RATE: s.untreated.breathing_rate,
        a.HABIT_DRIVE: s.untreated.tolerance,
        a.REPORTS: v["reports"],
        # People on a waiting list are seen as those in treatment are.
        a.FOLLOWED: s.followed if phases else 1.0,
        a.ATTENDS_ON: v["attends"],
        a.ATTENDS_OFF: v["attends"],
        a.DETOX_LEAVE: v["detox_leave"],
        a.BUILD_UP: 1.0 / v["build_up"],
        a.SELDOM: judged("seldom"),
        a.MISSED: v["missed"],
        a.USES_AFTER_PLAN: v["uses_after_plan"],
        a.SOON_TIME: v["soon_time"],
        a.BACKGROUND: v["background"] * np.exp(v["study_harm"]) * (s.pain is None),
        a.ENTERS_LOW: v["enters_low"] * (s.pain is None),
        a.AWAY: judged("away"),
        a.ENTERING_MORE: v["entering_other"] - 1.0,
        a.LEAVING_MORE: v["leaving_other"] - 1.0,
        a.SEEN_FOR: v["seen_for"] if phases else _ALWAYS_D,
        a.DETECTED: v["detected"],
        a.REPORTS_FALL: v["reports_fall"],
        a.TOLERANT: np.full(s.draws, float(s.tolerant)),
        a.BEGINS_CLEAN: float(_clean(s, phases)),
        a.BEGINS_SOON: _begins_soon(s),
        a.CLEAN_FOR: s.clean_d,
        a.CLEAN_LOST: max(s.clean_d, judged("detoxified")),
        a.CHANGED_FOR: judged("changed"),
    }.items():
        found[:, place] = value
    if s.pain is not None:
        found[:, [a.STARTS, a.RETURN_ABSTINENT]] = 1.0
        found[:, [a.MISSED, a.SOON_TIME]] = 0.0
        # What raises deaths of people with opioid use disorder, and more out of treatment, is not told of people with pain.
        found[:, [a.OTHER_ON, a.OTHER_OFF]] = 1.0
        found[:, [a.ENTERING_MORE, a.LEAVING_MORE]] = 0.0
        found[:, [a.USES_AT_ONCE, a.USES_AFTER_PLAN]] = s.pain["pain_disorder"][:, None]
    return found
