"""Virtual patients: covariates, phenotypes, variability between patients and occasions, uncertainty of parameters."""

from speciosa.population.covariates import ByGroup as ByGroup
from speciosa.population.covariates import Categorical as Categorical
from speciosa.population.covariates import Constant as Constant
from speciosa.population.covariates import Covariate as Covariate
from speciosa.population.covariates import LogNormal as LogNormal
from speciosa.population.covariates import Normal as Normal
from speciosa.population.covariates import Uniform as Uniform
from speciosa.population.patients import VirtualPatients as VirtualPatients
from speciosa.population.people import Population as Population
from speciosa.population.variability import Varying as Varying
