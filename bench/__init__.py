"""What Flight Rules must reach, measured on the machine at hand beside a peer or a limit: `python -m bench`.

It owns how benchmarks are found, run, shown and kept. Each benchmark is one file in `bench/benchmarks`; what it means
is said in docs/reference/benchmarks.md.
"""
