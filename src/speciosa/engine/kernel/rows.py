"""The rows of the workspace of eight patients: what each is called, and where it begins.

The names are those of `stepper.loop.Space`, through which the loop around a kernel reads and writes the same rows.
"""

from enum import StrEnum

from speciosa.engine.kernel.plan import Plan


class Row(StrEnum):
    """What rows hold."""

    T = "t"
    """The time of each patient."""
    H = "h"
    """The next step."""
    STOP = "stop"
    """The next time to halt at."""
    DUE = "due"
    """The next time to observe."""
    LOG_ERROR = "log_error"
    """Logarithm of the error of the last accepted step."""
    Q = "q"
    """Error of the last step over the tolerance."""
    AT = "at"
    """Where in the last step to interpolate."""
    ERROR_SUM = "error_sum"
    """Errors of all steps."""
    RTOL = "rtol"
    """The error of a step that is accepted."""
    PEAK_SHARE = "peak_share"
    """Of a state's largest size, what errors are judged against at least."""
    FLAG = "flag"
    """1 after a dose, 2 after what may change anything."""
    LEAST = "least"
    """How close to the stop is at the stop; below 0 where what is observed there comes first."""
    LOOK = "look"
    """Since when steps are looked into."""
    WANTED = "wanted"
    """Which outputs to compute, as bits."""
    BIRTH = "birth"
    """The longest step in which a state may come to life."""
    MOST = "most"
    """The longest step."""
    MOMENT = "moment"
    """The time at which conditions on time are looked at."""
    HELD = "held"
    """Whether each condition on time holds until the next stop."""
    GAP = "gap"
    """By how much its sides differ at `MOMENT`."""
    TRUTH = "truth"
    """Whether it holds then."""
    SPACING = "spacing"
    """How closely to look for where it changes."""
    POLE = "pole"
    """Denominators of the rates that hold states."""
    Y = "y"
    """States."""
    F = "f"
    """Their derivatives."""
    PEAK = "peak"
    """Their largest sizes so far."""
    INFUSION = "infusion"
    """What runs into them."""
    INITIAL = "initial"
    """Their initial values."""
    OUT = "out"
    """Outputs now."""
    SEEN = "seen"
    """Outputs at `AT`."""
    SLOPE = "slope"
    """Slopes of outputs now."""
    OUT0 = "out0"
    """Outputs before."""
    SLOPE0 = "slope0"
    """Their slopes before."""
    SEEN_SLOPE = "seen_slope"
    """Slopes at `AT`."""
    JUDGED = "judged"
    """Whether each comparison that sets events off holds, by the loop."""
    PARAMETER = "parameter"
    """Parameters of each patient."""
    COVARIATE = "covariate"
    """Covariates."""
    BIOAVAILABILITY = "bioavailability"
    """Of each target."""
    LAG = "lag"
    """Of each target."""
    DURATION = "duration"
    """Of each target."""
    ENTRY_RATE = "entry_rate"
    """Of each target."""
    T0 = "t0"
    """Time at the begin of the last step."""
    USED = "used"
    """Length of the last step."""
    Y0 = "y0"
    """States at its begin."""
    STAGE = "stage"
    """Stages of a step."""
    U = "u"
    """States at the end of a step that is tried."""
    CONSTANT = "constant"
    """What is worked out once between events."""


class Rows:
    """Where each quantity begins in the workspace, in rows."""

    def __init__(self) -> None:
        self.start: dict[str, int] = {}
        self.count = 0

    def add(self, name: Row, rows: int) -> None:
        """Reserves rows."""
        self.start[name.value] = self.count
        self.count += rows


def common_rows(plan: Plan) -> Rows:
    """The rows that every solver has."""
    n, outputs = len(plan.states), len(plan.outputs.values)
    rows = Rows()
    scalars = [
        Row.T,
        Row.H,
        Row.STOP,
        Row.DUE,
        Row.LOG_ERROR,
        Row.Q,
        Row.AT,
        Row.ERROR_SUM,
        Row.RTOL,
        Row.PEAK_SHARE,
    ]
    for name in [
        *scalars,
        Row.FLAG,
        Row.LEAST,
        Row.LOOK,
        Row.WANTED,
        Row.BIRTH,
        Row.MOST,
        Row.MOMENT,
    ]:
        rows.add(name, 1)
    for name in (Row.HELD, Row.GAP, Row.TRUTH, Row.SPACING):
        rows.add(name, len(plan.clock.conditions))
    rows.add(Row.POLE, len(plan.poles.values))
    for name in (Row.Y, Row.F, Row.PEAK, Row.INFUSION, Row.INITIAL):
        rows.add(name, n)
    for name in (Row.OUT, Row.SEEN):
        rows.add(name, outputs)
    for name in (Row.SLOPE, Row.OUT0, Row.SLOPE0, Row.SEEN_SLOPE):
        rows.add(name, plan.slope_count)
    if plan.triggers.comparisons:
        rows.add(Row.JUDGED, len(plan.triggers.comparisons))
    rows.add(Row.PARAMETER, len(plan.parameters))
    rows.add(Row.COVARIATE, len(plan.covariates))
    for name in (Row.BIOAVAILABILITY, Row.LAG, Row.DURATION, Row.ENTRY_RATE):
        rows.add(name, len(plan.equations.targets))
    # from here on the last step, as the solver interpolates it
    rows.add(Row.T0, 1)
    rows.add(Row.USED, 1)
    rows.add(Row.Y0, n)
    return rows
