"""The command line: ``ecr-events``, and ``python -m ecr_events``.

To add a command: write its module with ``add_to``, then list it in `main`.
"""

import io
import os
import sys
from collections.abc import Sequence

__all__ = ["main"]

_NEEDS = "the command line needs more: pip install 'ecr_events[cli]'"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    0: all went well; 1: some text was no event, or ECR gave no answer; 2: an argument or a file is wrong.
    """
    try:
        from ecr_events.cli.parser import parse
    except ImportError as error:
        print(f"{error}; {_NEEDS}", file=sys.stderr)
        return 2
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Where the encoding lacks a character, an escape is better than an end.
            stream.reconfigure(errors="backslashreplace")
    options = parse(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has had enough. Python must not find that out again on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return status
