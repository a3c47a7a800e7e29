"""The fields of the driver's table of addresses, by number; see `context`."""

from itertools import count, islice

_numbers = count()

# functions of the kernel, and its workspace
PREPARE, START, STEP, SAMPLE, INSIDE, PRESENT, CLOCK, WORKSPACE = islice(_numbers, 8)

# rows of the workspace, see `frame.common_rows`
T, H, STOP, DUE, LOG_ERROR, T0, USED, Q = islice(_numbers, 8)
AT, ERROR_SUM, RTOL, PEAK_SHARE, FLAG, LEAST, Y, F = islice(_numbers, 8)
PEAK, INFUSION, INITIAL, OUT, SLOPE, PARAMETER, COVARIATE, BIOAVAILABILITY = islice(_numbers, 8)
LAG, DURATION, ENTRY_RATE, WANTED, LOOK, BIRTH, MOST, MOMENT = islice(_numbers, 8)
HELD, GAP, TRUTH, SPACING, JUDGED, Y0 = islice(_numbers, 6)

# sizes
STATES, OUTPUTS, PARAMETERS, COVARIATES, TARGETS, ROWS, RECORDS, TIMES = islice(_numbers, 8)
KEPT, ENDPOINTS, DECISIONS, DECISION_TIMES, OCCASIONS, VARYING, CONDITIONS, TIMED = islice(
    _numbers, 8
)

# schedules, see `schedule.Schedule`
S_FIRST, S_TIME, S_KIND, S_TARGET, S_AMOUNT, S_DURATION, S_RATE, S_EVERY = islice(_numbers, 8)
S_COUNT, S_STEADY, S_ADDED, TARGET_STATE, TARGET_NAME = islice(_numbers, 5)

# records of the lanes, shape (16, records); see `lanes`
BASE, GIVEN, EVERY, COUNT, AMOUNT, LENGTH, FLOW, TARGET = islice(_numbers, 8)
KIND, ORDER, STEADY, STARTED, ENDED, SIZE, LOW = islice(_numbers, 7)
OVER, PACE, MODE = islice(_numbers, 3)

# search for a steady state, see `runin`
SEEKING, SEEK_END, SEEK_EVERY, TRIED, KEPT_INTERVALS, HISTORY = islice(_numbers, 6)
BASIS, TRIANGLE, WEIGHT, SEEK_GROUP, SEEK_ADDED = islice(_numbers, 5)

# the lanes themselves
LANE_ROW, LANE_DUE, LANE_HALT, LANE_BEGUN, LANE_RESTART, LANE_FRESH, LANE_OCCASION = islice(
    _numbers, 7
)
(LANE_ALIVE,) = islice(_numbers, 1)

# patients
(
    PATIENT_PARAMETERS,
    PATIENT_COVARIATES,
    PATIENT_SCHEDULE,
    OCCASION_TIME,
    OCCASION_PARAMETER,
    OCCASION_VALUE,
) = islice(_numbers, 6)

# what is recorded
WATCH_TIMES, WATCH_KEPT, TRAJECTORIES, ENDPOINT_VALUES, CODES, STEPS, ERROR, ENDED_H = islice(
    _numbers, 8
)
HALTS, BEFORE, TRAJECTORY_STRIDE = islice(_numbers, 3)

# endpoints, see `watch`
E_KIND, E_ROW, E_OUTPUT, E_SIGN, E_BEGIN, E_END = islice(_numbers, 6)
E_THRESHOLD, E_VALUE, E_TIME, E_PLACE, E_CLOSER, E_ACCEPTED, GATHER = islice(_numbers, 7)
E_EXTREMES, E_AREAS, E_LEVELS, E_ROWS, E_WANTED, E_WANTED_AREAS, TOUCHED = islice(_numbers, 7)
OUT0, SLOPE0, SEEN, SEEN_SLOPE = islice(_numbers, 4)

# decisions, see `decide`
D_TIMES, D_ACTION, D_TARGET, D_CONDITION, D_NUMBER, D_EVERY, D_COUNT, D_OVER = islice(_numbers, 8)
D_MOST, D_WAIT, D_NEXT, D_FIRED, D_LAST, D_LOG = islice(_numbers, 6)

# events of the model, see `trigger`
V_EVENTS, V_COMPARED, V_GAP, V_GAP_BITS, V_ROW_BITS, V_MOST = islice(_numbers, 6)
V_SIGN, V_ROW, V_FIRST, V_STATE, V_PERSISTENT, V_INITIALLY, V_AT_TRIGGER = islice(_numbers, 7)
V_LAST, V_PLACE, V_FORCE, V_TRUE, V_FRESH, V_LANDING = islice(_numbers, 6)
V_WAITING, V_WHOSE, V_DUE, V_KEPT, V_DONE, V_DONE_AT, V_ACTED, V_SINCE, V_SHRUNK = islice(
    _numbers, 9
)

# settings: addresses of one number each, but for the counts
BEGIN, END, SET_RTOL, SET_PEAK_SHARE, SET_FLOOR, SET_MOST, MOST_STEPS, GIVE_UP = islice(_numbers, 8)

FIELDS = {name: value for name, value in list(globals().items()) if name.isupper()}
