from .assembly import system as system
from .covariates import describe as describe
from .dosing import schedule as schedule
from .exposure.absorption import Way as Way
from .exposure.phenotypes import frequencies as frequencies
