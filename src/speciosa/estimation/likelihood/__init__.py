"""What an observation says: minus twice the logarithm of its density, with derivatives by prediction and residual parameters."""
