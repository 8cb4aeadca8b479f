"""Commands of the command line that `test_security` has recorded: ``python tests/commands_under_recorder.py COMMANDS``.

In one process, since starting one takes longer than the commands. Workers import this module again, and need no more.
"""

import json
import sys
from contextlib import suppress

from ecr_events import cli

if __name__ == "__main__":
    for command in json.loads(sys.argv[1]):
        sys.audit("recorder.begin", " ".join(command))
        with suppress(SystemExit):
            cli.main(command)
        sys.stdout.flush()
        sys.audit("recorder.end")
