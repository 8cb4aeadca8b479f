"""Benchmarks: ``pip install -e '.[bench]'``, then ``python -m benchmarks``.

A full run takes some 40 minutes and writes `RESULTS.md` and its charts. ``python -m benchmarks
decode`` (or memory, import, lambda, archive, columns, lookup) prints one part. The extra
``bench-botocraft`` adds botocraft. ``python -m benchmarks.scale`` writes `SCALE.md`.
"""
