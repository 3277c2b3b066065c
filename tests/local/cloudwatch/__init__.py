"""Tests of the local CloudWatch."""
