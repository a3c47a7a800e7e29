from .observed.trial import TrialReport as TrialReport
from .observed.trial import predict_trial as predict_trial
from .plan import Plan as Plan
from .read import read_plan as read_plan
from .run import PathwayRun as PathwayRun
from .run import pathway as pathway
