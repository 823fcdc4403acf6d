"""Tests of the benchmarks' own arithmetic; nothing here is timed."""
