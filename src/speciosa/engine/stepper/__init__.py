"""Many steps, many patients: the loop, events on the way, decisions, what is observed and gathered."""
