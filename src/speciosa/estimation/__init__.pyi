from .fitting import fit as fit
from .result import Estimate as Estimate
from .result import Fit as Fit
