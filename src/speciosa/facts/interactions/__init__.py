"""What the fact base says of taking two things together: properties of substances, and rules between properties.

A trait is one property of one substance or class, such as *inhibits cyp2d6: strong*. A rule says what follows when one
thing has one property and the other has another; its two sides are selectors, lists of substances, classes or traits::

    oxycodone; hydrocodone            either of these, or a member of a class of this name
    sedative: strong, some            whatever has this trait at one of these levels
    inhibits cyp3a: strong            the same for a trait that is of an enzyme

``speciosa.interaction`` draws the conclusions.
"""

from speciosa.facts.interactions.records import Certainty as Certainty
from speciosa.facts.interactions.records import InteractionRule as InteractionRule
from speciosa.facts.interactions.records import InteractionTrait as InteractionTrait
from speciosa.facts.interactions.records import Severity as Severity
from speciosa.facts.interactions.vocabulary import ENZYMES as ENZYMES
from speciosa.facts.interactions.vocabulary import OF_EFFECT as OF_EFFECT
from speciosa.facts.interactions.vocabulary import OF_ENZYME as OF_ENZYME
from speciosa.facts.interactions.vocabulary import RELATIONS as RELATIONS
from speciosa.facts.interactions.vocabulary import wanted as wanted
