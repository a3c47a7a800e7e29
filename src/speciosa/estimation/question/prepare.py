"""A fit file and its data set together: records in the order in which they act, observations, groups of parameters."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import Fault, InputError
from speciosa.estimation.jet.table import Floats, Integers
from speciosa.estimation.likelihood.kinds import SEEN
from speciosa.estimation.likelihood.room import Likelihood
from speciosa.estimation.question.covariates import covariates_of, model_covariates_of, occasions_of
from speciosa.estimation.question.dosed import dose_faults, places_of
from speciosa.estimation.question.observed import endpoints_of, likelihood_of
from speciosa.estimation.question.schema import Question
from speciosa.estimation.records import Records, repeated
from speciosa.exchange.nonmem.data import DOSE, RESET, RESET_AND_DOSE, NonmemData
from speciosa.exchange.nonmem.read import read_nonmem


@dataclass(frozen=True)
class Prepared:
    """What there is to fit.

    Attributes:
        ids: of the subjects.
        records: in the order in which they act.
        likelihood: of the observations.
        lines: of the data file, of each observation.
        times: of each observation.
        endpoint: index of the residual model of each observation.
        group_subject: of each group of records with the same parameters, the subject.
        group_occasion: the occasion of each, counted within its subject.
        occasions: the most that a subject has.
        columns: covariates of each group.
        texts: columns of text of each group.
        model_covariates: covariates of a model of the user's own, of each group.
        warnings: what was found and left as it is.
    """

    ids: Floats
    records: Records
    likelihood: Likelihood
    lines: Integers
    times: Floats
    endpoint: Integers
    group_subject: Integers
    group_occasion: Integers
    occasions: int
    columns: dict[str, Floats]
    texts: dict[str, NDArray[np.str_]]
    model_covariates: Floats
    warnings: tuple[str, ...]

    def repeated(self, copies: int) -> "Prepared":
        """Each subject several times over."""
        groups = len(self.group_subject)
        turns = np.repeat(np.arange(copies), groups)
        return Prepared(
            np.tile(self.ids, copies),
            repeated(self.records, copies, groups, len(self.lines)),
            self.likelihood.repeated(copies, len(self.ids)),
            np.tile(self.lines, copies),
            np.tile(self.times, copies),
            np.tile(self.endpoint, copies),
            np.tile(self.group_subject, copies) + len(self.ids) * turns,
            np.tile(self.group_occasion, copies),
            self.occasions,
            {name: np.tile(values, copies) for name, values in self.columns.items()},
            {name: np.tile(values, copies) for name, values in self.texts.items()},
            np.tile(self.model_covariates, (copies, 1)),
            self.warnings,
        )


def prepare(question: Question) -> Prepared:
    """Reads the data set and checks it against the question.

    Raises:
        InputError: every fault of the data set.
    """
    how = question.data
    data = read_nonmem(
        how.file, rename=how.rename, ignore=how.ignore, drop=how.drop, repeat_ids=how.repeat_ids
    )
    faults: list[Fault] = []
    warnings: list[str] = []
    columns, texts = covariates_of(question, data, faults)
    occasion = occasions_of(question, data, faults)
    endpoint = endpoints_of(question, data, faults, warnings)
    faults += dose_faults(question, data)
    place = places_of(question, data, faults)
    likelihood = likelihood_of(question, data, endpoint, faults)
    censored = (likelihood.observed.known != SEEN).sum()
    if censored and question.estimation.method == "FO":
        fix = "FOCEI, FOCE and LAPLACE take them."
        faults.append(Fault("estimation, method", "a method for censored observations", "FO", fix))
    if not len(likelihood.subject):
        fix = "DV, MDV and EVID say which records are observations."
        faults.append(Fault(data.name, "observations", "none", fix))
    if faults:
        raise InputError(faults)
    of_model = model_covariates_of(question, data, faults)
    if faults:
        raise InputError(faults)
    listed = [*columns.values(), *texts.values(), *of_model.T]
    group, representative = _groups(data, listed, occasion)
    seen = np.flatnonzero(endpoint >= 0)
    records = _records(data, place, endpoint, group, question.data.carry == "nocb")
    for k, error in enumerate(question.errors):
        mine = endpoint[seen] == k
        if mine.any() and (likelihood.observed.known[mine] != SEEN).all():
            warnings.append(
                f"All {mine.sum()} observations of {error.name} are censored: they tell nothing of its residual error."
            )
    for s in np.setdiff1d(np.arange(len(data.ids)), likelihood.subject):
        warnings.append(
            f"Subject {data.ids[s]:g} has no observations and is kept: it tells nothing of the estimates."
        )
    return Prepared(
        data.ids,
        records,
        likelihood,
        data.line[seen],
        data.time_h[seen],
        endpoint[seen],
        data.individual[representative],
        occasion[representative],
        int(occasion.max()) + 1,
        {name: values[representative] for name, values in columns.items()},
        {name: values[representative] for name, values in texts.items()},
        of_model[representative],
        tuple(warnings),
    )


def _groups(
    data: NonmemData, listed: Sequence[NDArray[np.generic]], occasion: Integers
) -> tuple[Integers, Integers]:
    """Of every record the group of those with the same parameters, and a record of each group."""
    group = np.zeros(len(data), dtype=np.int64)
    known: dict[tuple[object, ...], int] = {}
    representative: list[int] = []
    for i in range(len(data)):
        key = (data.individual[i], occasion[i], *(values[i] for values in listed))
        if key not in known:
            known[key] = len(known)
            representative.append(i)
        group[i] = known[key]
    return group, np.array(representative, dtype=np.int64)


def _records(
    data: NonmemData, where: Integers, endpoint: Integers, group: Integers, back: bool
) -> Records:
    """Records with additional doses written out, in the order in which they act."""
    observation = np.full(len(data), -1, dtype=np.int64)
    seen = np.flatnonzero(endpoint >= 0)
    observation[seen] = np.arange(len(seen))
    rows: list[tuple[int, float, bool]] = []
    starts = [0]
    for subject in range(len(data.ids)):
        own = np.flatnonzero(data.individual == subject)
        rows += _in_order(data, own)
        starts.append(len(rows))
    index = np.array([row for row, _, _ in rows], dtype=np.int64)
    time = np.array([time for _, time, _ in rows])
    added = np.array([added for _, _, added in rows], dtype=bool)
    place = where[index]
    kind = data.event[index].copy()
    kind[added] = DOSE
    return Records(
        np.array(starts, dtype=np.int64),
        time,
        kind.astype(np.int64),
        np.ascontiguousarray(data.amount[index]),
        np.ascontiguousarray(data.rate[index]),
        np.ascontiguousarray(data.duration_h[index]),
        np.ascontiguousarray(data.interval_h[index]),
        np.where(added, 0, data.steady_state[index]).astype(np.int64),
        place.astype(np.int64),
        _present_groups(group[index], added, np.array(starts), back),
        np.where(added, -1, observation[index]),
    )


def _present_groups(
    group: Integers, added: NDArray[np.bool_], starts: Integers, back: bool
) -> Integers:
    """Groups with those of additional doses taken from the record before them, or after where parameters hold back."""
    found = group.copy()
    for begin, end in zip(starts, starts[1:], strict=False):
        order = range(end - 2, begin - 1, -1) if back else range(begin + 1, end)
        for i in order:
            if added[i]:
                found[i] = found[i + 1 if back else i - 1]
    return found


def _in_order(data: NonmemData, own: Integers) -> list[tuple[int, float, bool]]:
    """Records of a subject and additional doses: (record, time, whether additional)."""
    acts: list[tuple[int, float, int, bool]] = []
    for position, row in enumerate(own):
        period = int(data.period[row])
        acts.append((period, float(data.time_h[row]), int(row), False))
        if data.additional[row] <= 0 or not data.doses[row]:
            continue
        until = math.inf
        last = float(data.time_h[own[-1]])
        for later in own[position + 1 :]:
            if data.period[later] != period:
                until = min(until, math.inf)
                last = float(data.time_h[later - 1])
                break
            cancels = data.event[later] in (RESET, RESET_AND_DOSE)
            if cancels or (data.doses[later] and data.steady_state[later] == 1):
                until = float(data.time_h[later])
                break
        for k in range(1, int(data.additional[row]) + 1):
            time = float(data.time_h[row]) + k * float(data.interval_h[row])
            if time >= until or time > last:
                break
            acts.append((period, time, int(row), True))
    acts.sort(key=lambda act: (act[0], act[1]))
    return [(row, time, added) for _, time, row, added in acts]
