"""From a dose to the arrest of breathing and circulation, and rescue."""
