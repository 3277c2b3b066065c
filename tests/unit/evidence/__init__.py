"""Tests of the evidence; a package, so that they share `simulation`."""
