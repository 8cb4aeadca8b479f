"""Events where AWS delivers them: unwrapped, processed, and answered.

`unwrap` gives the events in what Lambda, or a queue, hands over; `process` runs a handler on
each, and returns what AWS wants to hear.
"""

from ecr_events.deliveries.process import DROPPED, Failure, process
from ecr_events.deliveries.unwrap import Record, unwrap

__all__ = ["DROPPED", "Failure", "Record", "process", "unwrap"]
