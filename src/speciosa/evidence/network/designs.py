"""Which parameters a Bayesian network model has, and how observations depend on them.

Under consistency there is one effect a treatment against the reference; unrelated effects have one a pair of
treatments that some study compares with its first arm. With classes, the class means follow as further parameters.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speciosa.errors import EvidenceError, Fault
from speciosa.evidence.network.data import Matrix, Network
from speciosa.evidence.network.gls import Whitened, study_design, whiten

PAIR = " : "


@dataclass(frozen=True)
class Parameters:
    """Parameters of a model and the observations as functions of them.

    Attributes:
        names: effects (treatments, or ``x : y`` for x minus y), then class means.
        data: the contrasts as independent observations.
        rows: design of each study's contrasts against its first arm, in the order of the network.
        classes: names of the classes whose means are the last parameters.
        member: which effect belongs to which class, shape ``(effects, classes)``.
    """

    names: tuple[str, ...]
    data: Whitened
    rows: tuple[Matrix, ...]
    classes: tuple[str, ...]
    member: Matrix

    @property
    def effects(self) -> int:
        """Number of effects, without class means."""
        return len(self.names) - len(self.classes)

    def arms(
        self, network: Network
    ) -> tuple[NDArray[np.float64], Matrix, NDArray[np.float64]] | None:
        """Arm means, their design (study levels, then parameters) and variances; None unless means came by arm."""
        if network.measure != "MD" or not network.arm_level:
            return None
        count = len(network.studies)
        y, design, variance = [], [], []
        for number, (study, rows) in enumerate(zip(network.studies, self.rows, strict=True)):
            for index, arm in enumerate(study.arms):
                line = np.zeros(count + len(self.names))
                line[number] = 1.0
                if index:
                    line[count:] = rows[index - 1]
                y.append(arm.mean)
                design.append(line)
                variance.append(
                    arm.se**2 if arm.se is not None else (arm.sd or 0.0) ** 2 / (arm.n or 1.0)
                )
        return np.array(y, dtype=float), np.array(design), np.array(variance, dtype=float)


def parameters(
    network: Network, reference: str, consistent: bool, classes: Mapping[str, str]
) -> Parameters:
    """The parameters of a consistency or unrelated-effects model, with classes where given.

    Raises:
        EvidenceError: a class given for a treatment that no study has.
    """
    unknown = [name for name in classes if name not in network.treatments]
    if unknown:
        known = ", ".join(network.treatments)
        raise EvidenceError(
            [Fault("classes", f"treatments among {known}", name) for name in unknown]
        )
    if consistent:
        effects = tuple(name for name in network.treatments if name != reference)
        order = (reference, *effects)
        rows = [study_design(study, order)[:, 1:] for study in network.studies]
    else:
        effects, rows = _unrelated(network)
    groups = tuple(sorted({classes[name] for name in effects if name in classes}))
    member = np.array([[float(classes.get(name) == group) for group in groups] for name in effects])
    member = member.reshape(len(effects), len(groups))
    padded = [np.hstack([row, np.zeros((len(row), len(groups)))]) for row in rows]
    names = effects + tuple(f"class {group}" for group in groups)
    return Parameters(names, whiten(network.studies, padded), tuple(padded), groups, member)


def _unrelated(network: Network) -> tuple[tuple[str, ...], list[Matrix]]:
    pairs = sorted(
        {
            (name, study.treatments[0])
            if name < study.treatments[0]
            else (study.treatments[0], name)
            for study in network.studies
            for name in study.treatments[1:]
        }
    )
    rows = []
    for study in network.studies:
        block = np.zeros((len(study.treatments) - 1, len(pairs)))
        base = study.treatments[0]
        for line, name in enumerate(study.treatments[1:]):
            if (name, base) in pairs:
                block[line, pairs.index((name, base))] = 1.0
            else:
                block[line, pairs.index((base, name))] = -1.0
        rows.append(block)
    return tuple(PAIR.join(pair) for pair in pairs), rows


def prior_precision(setup: Parameters, effect_sd: float, omega: float) -> tuple[Matrix, float]:
    """Prior precision of all parameters and its log determinant, given the spread within a class.

    Effects of a class are ``N(class mean, omega^2)``, all other effects and class means ``N(0, effect_sd^2)``.
    """
    count, vague = setup.effects, effect_sd**-2
    grouped = setup.member.any(axis=1) if setup.classes else np.zeros(count, dtype=bool)
    tight = omega**-2 if setup.classes else 0.0
    result = np.zeros((len(setup.names), len(setup.names)))
    result[range(count), range(count)] = np.where(grouped, tight, vague)
    if setup.classes:
        result[:count, count:] = -tight * setup.member
        result[count:, :count] = -tight * setup.member.T
        result[count:, count:] = tight * setup.member.T @ setup.member + vague * np.eye(
            len(setup.classes)
        )
    size = int(grouped.sum())
    log_determinant = (len(setup.names) - size) * np.log(vague) + (
        size * np.log(tight) if size else 0.0
    )
    return result, float(log_determinant)
