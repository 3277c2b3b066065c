"""Deterministic simulation: the real reconciler over fakes, one seed, virtual time, every fault.

`python -m tests.faults --help` runs it; `docs/reliability.md` says what it shows. For tests alone.
"""
