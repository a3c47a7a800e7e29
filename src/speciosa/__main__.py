"""``python -m speciosa`` is the command `speciosa`."""

from speciosa.cli import main

main()
