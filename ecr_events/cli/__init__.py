"""The command line: ``ecr-events``, or ``python -m ecr_events``.

To add a command, write a module with ``add_to``, and list it in `parser`.
"""

import signal
from collections.abc import Sequence

__all__ = ["main"]

_ENDED = 128
"""Added to the number of a signal, the exit status that shells have for it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return the exit status.

    0: success, also if the reader of the output has closed it; 1: some documents could not be decoded or looked up;
    2: invalid argument, or a file that cannot be read or written; 130, 143, 129: ended by Ctrl-C, SIGTERM or SIGHUP.

    Without `arguments` it runs as a program, with those of the process, and a signal ends the process.
    """
    if arguments is not None:
        return _run(arguments)
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # While modules are imported there is nothing to clean up, and a traceback helps nobody.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from ecr_events.cli import signals, streams

    streams.prepare_streams()
    at_exit = signals.AtExit()
    status = _run(None)
    if status > _ENDED:
        at_exit.number = status - _ENDED
    return status


def _run(arguments: Sequence[str] | None) -> int:
    from ecr_events.cli import signals, streams
    from ecr_events.cli.parser import parse
    from ecr_events.cli.terminal import print_error

    streams.escape_unencodable()
    status = 0
    with signals.raised() as received:
        try:
            try:
                options = parse(arguments)
                status = options.run(options)
            finally:
                streams.flush()
        except BrokenPipeError:
            pass  # the reader, such as head, has what it wanted
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "rich":
                raise
            print_error(f"{error}: tables require: pip install rich")
            status = 2
        except OSError as error:
            print_error(error)
            status = 2
        except KeyboardInterrupt:
            status = _ENDED + signal.SIGINT
    return _ENDED + received.number if received.number else status
