"""A model as equations: states, parameters, variability, rates, outputs, dose targets.

A model is data, held as SymPy expressions. `Model` collects the equations, `Model.build` checks all of them at once
(names, units, variability) and returns the frozen `Equations` that the engine solves.
"""

from speciosa.model.equations import Equations as Equations
from speciosa.model.gamma import log_gamma as log_gamma
from speciosa.model.model import Model as Model
from speciosa.model.records import Correlation as Correlation
from speciosa.model.records import Covariate as Covariate
from speciosa.model.records import DoseTarget as DoseTarget
from speciosa.model.records import Output as Output
from speciosa.model.records import Parameter as Parameter
from speciosa.model.records import State as State
from speciosa.model.unit import Unit as Unit
