from .answer import Interactions as Interactions
from .answer import interactions as interactions
from .finding import SEVERITIES as SEVERITIES
from .finding import Finding as Finding
from .pair import Pair as Pair
from .pair import pair_of as pair_of
from .parties import Party as Party
from .parties import party as party
