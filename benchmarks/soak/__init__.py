"""Hours of work of the README's worker, with faults and kills: what becomes of every event, and of memory."""
