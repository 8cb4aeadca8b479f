"""The command line: ``ecr-events``, or ``python -m ecr_events``.

To add a command, write a module with ``add_to``, and list it in `parser`.
"""

import io
import os
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status.

    0: success; 1: some documents could not be decoded or looked up; 2: invalid argument or
    unreadable file; 130: interrupted.
    """
    try:
        from ecr_events.cli.parser import parse
    except ImportError as error:
        print(f"ecr-events: {error}: the command line requires: pip install 'ecr_events[cli]'", file=sys.stderr)
        return 2
    from ecr_events.cli.terminal import print_error

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Characters that the encoding lacks are escaped.
            stream.reconfigure(errors="backslashreplace")
    options = parse(arguments)
    try:
        status: int = options.run(options)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has closed the pipe. Python must not flush to it again on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        print_error(error)
        return 2
    except KeyboardInterrupt:
        return 130
    return status
