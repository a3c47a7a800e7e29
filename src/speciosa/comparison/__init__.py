"""The comparison: one question through simulation, evidence and weighing to a result that a report can show.

This room joins `study`, `evidence` and `decision`; it renders nothing.
"""

from speciosa.comparison.run import Comparison as Comparison
from speciosa.comparison.run import compare as compare
from speciosa.comparison.run import question as question
