"""Run the command line with `python -m escalation`."""

from escalation.cli import main

main()
