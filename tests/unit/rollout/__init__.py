"""Tests of the pure core of a rollout."""
