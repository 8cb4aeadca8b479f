"""The cost of many events: ``python -m benchmarks.scale`` measures, computes, and writes `SCALE.md`.

Each number of the document is measured, a price or a limit with its source, or computed from those by the formula
beside it, which is evaluated as it is printed.
"""
