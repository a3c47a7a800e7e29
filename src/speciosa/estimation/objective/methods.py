"""The objective by each method."""

from speciosa.estimation.jet.table import Floats
from speciosa.estimation.objective.approximations import apart, assemble, together
from speciosa.estimation.objective.evaluation import Evaluation
from speciosa.estimation.objective.joint import Joint
from speciosa.estimation.objective.quadrature import by_quadrature


def evaluate(joint: Joint, method: str, x: Floats, start: Floats) -> Evaluation:
    """The objective and its gradient at coordinates `x`; modes are searched from `start`.

    Raises:
        UnsolvedError: a subject without a finite objective.
        LinAlgError: a covariance that is not positive definite.
    """
    at = joint.design.individuals(x)
    if method == "AGQ":
        nodes = joint.design.question.estimation.nodes
        pieces, chain, modes = together(joint, at, start, exact=True)
        return by_quadrature(joint, at, pieces, chain, modes, nodes)
    pieces, chain, modes = (
        apart(joint, at, start, linear=method == "FO")
        if method in ("FO", "FOCE")
        else together(joint, at, start, exact=method == "LAPLACE")
    )
    return assemble(joint, at, pieces, chain, modes)
