"""Simulations for readers: the queue, the processes that solve, and what is kept."""
