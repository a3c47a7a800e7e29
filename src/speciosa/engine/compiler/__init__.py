"""A small compiler of typed Python functions to machine code, and the cache of what it made."""
