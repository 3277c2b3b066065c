"""Every rule side by side on simulated traffic: for `make bench` and `steelyard simulate`.

Imports the core, numpy and scipy; only the console imports it.
"""
