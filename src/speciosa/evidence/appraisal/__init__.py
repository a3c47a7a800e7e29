"""How sure pooled evidence is: domains of certainty, small studies, what a panel would say."""
