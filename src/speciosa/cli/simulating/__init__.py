"""The command that simulates: studies and models of systems biology, here or on a cluster."""
