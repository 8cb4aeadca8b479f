"""Measurements that others can repeat. Each prints ratios taken inside one run, interleaved."""
