"""Tests of the ledger's archive."""
