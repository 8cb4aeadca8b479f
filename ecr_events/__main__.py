"""Runs the command line: ``python -m ecr_events``."""

import sys

from ecr_events.cli import main

if __name__ == "__main__":
    sys.exit(main())
