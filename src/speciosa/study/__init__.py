"""The question: who takes what, for how long, what is looked at, and how it is weighed."""

from speciosa.study.read import read_study as read_study
from speciosa.study.schema import Arm as Arm
from speciosa.study.schema import Population as Population
from speciosa.study.schema import Study as Study
