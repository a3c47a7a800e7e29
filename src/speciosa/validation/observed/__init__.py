"""Observed statistics of human studies: what a file may say, in which words, and whether its cells go together."""
