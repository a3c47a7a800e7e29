"""From equations to solutions for whole populations.

`simulate` is the entry: it compiles a model once, then solves any number of patients, each with its own doses, time and
step. What is observed, decided and recorded while solving is given as `Endpoint` and `Decision`.
"""

from speciosa.engine.asked import Output as Output
from speciosa.engine.asked import Solver as Solver
from speciosa.engine.decisions import Decision as Decision
from speciosa.engine.endpoint import Endpoint as Endpoint
from speciosa.engine.event import Event as Event
from speciosa.engine.result import Result as Result
from speciosa.engine.schedule import Schedule as Schedule
from speciosa.engine.simulate import simulate as simulate
