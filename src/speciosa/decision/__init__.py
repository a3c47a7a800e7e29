"""Benefit-risk analysis over outcomes: values, weights, scores, ranks, and what further research is worth.

Reads a table of performances (alternative, criterion, draw) and knows nothing of how a performance came about.
What cannot be estimated stays missing; a result that depends on it is given as bounds.
"""

from speciosa.decision.performance import Performance as Performance
from speciosa.decision.score import Scores as Scores
from speciosa.decision.score import score as score
from speciosa.decision.sensitivity import partial_rank_correlation as partial_rank_correlation
from speciosa.decision.smaa import Acceptability as Acceptability
from speciosa.decision.smaa import acceptability as acceptability
from speciosa.decision.values import Criterion as Criterion
from speciosa.decision.values import partial_value as partial_value
from speciosa.decision.voi import (
    expected_value_of_perfect_information as expected_value_of_perfect_information,
)
from speciosa.decision.weights import Weights as Weights
