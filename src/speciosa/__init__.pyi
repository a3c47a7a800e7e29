__version__: str

from . import facts as facts
from .comparison import compare as compare
from .engine import Decision as Decision
from .engine import Endpoint as Endpoint
from .engine import Event as Event
from .engine import simulate as simulate
from .errors import Fault as Fault
from .errors import InputError as InputError
from .errors import SpeciosaError as SpeciosaError
from .evidence import meta_analysis as meta_analysis
from .evidence import network_meta_analysis as network_meta_analysis
from .exchange import Compartment as Compartment
from .exchange import read_nonmem as read_nonmem
from .exchange import simulate_records as simulate_records
from .interaction import interactions as interactions
from .model import Model as Model
from .outcomes import Outcomes as Outcomes
from .pharmacology.overdose.course import overdose_course as overdose_course
from .pharmacology.overdose.person import opioid_course as opioid_course
from .pharmacology.overdose.person import person_course as person_course
from .regimen import Regimen as Regimen
from .regimen import parse_regimen as parse_regimen
from .study import Study as Study
from .study import read_study as read_study
from .validation.run import validate as validate
