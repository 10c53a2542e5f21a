"""Benchmarks: ratios within one run, printed; never asserted in the test suite."""
