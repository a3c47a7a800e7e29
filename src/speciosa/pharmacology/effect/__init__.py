"""From concentration to effect: receptors, stimulus, tolerance, and each effect that a person shows."""
