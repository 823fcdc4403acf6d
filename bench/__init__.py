"""The benchmarks: the real system, measured in CPU milliseconds and in ratios within one run.

`python -m bench [NAME…]` runs them (all, or those named), prints a table and writes results.json.
`targets.py` names every number and what it must reach; each benchmark is a small file of its own.
"""
