from .nonmem.compartments import Compartment as Compartment
from .nonmem.data import NonmemData as NonmemData
from .nonmem.predict import RecordPredictions as RecordPredictions
from .nonmem.predict import simulate_records as simulate_records
from .nonmem.read import describe as describe
from .nonmem.read import read_nonmem as read_nonmem
from .nonmem.write import nonmem_text as nonmem_text
