from . import design as design
from .operating.result import TrialResult as TrialResult
from .question.read import read_trial as read_trial
from .question.schema import Trial as Trial
from .repeated.model import Mmrm as Mmrm
from .repeated.model import mmrm as mmrm
from .virtual import trial as trial
