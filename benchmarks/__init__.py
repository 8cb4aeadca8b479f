"""Measurements that others can repeat: ``pip install -e '.[bench]'``, then ``python -m benchmarks``.

Some 25 minutes give `RESULTS.md` and the charts anew. ``python -m benchmarks decode`` (or memory,
import, lambda, archive, lookup) prints one part. botocraft takes part where it is installed
too, by the extra ``bench-botocraft``.
"""
