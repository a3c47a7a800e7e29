"""What a trial file asks: population, arms, design, endpoint, estimand, drop-out, rescue, analysis, simulation."""
