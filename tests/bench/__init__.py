"""Benchmarks, run by command and never as timed tests: `python -m tests.bench.warm`, `python -m tests.bench.cold`."""
