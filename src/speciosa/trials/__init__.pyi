from . import design as design
from .repeated.model import Mmrm as Mmrm
from .repeated.model import mmrm as mmrm
