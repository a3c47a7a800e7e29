"""The question: who takes what, for how long, what is looked at, and how it is weighed."""

from speciosa.study.question.read import read_study as read_study
from speciosa.study.question.schema import Arm as Arm
from speciosa.study.question.schema import Population as Population
from speciosa.study.question.schema import Study as Study
