"""Verdicts about counts that come as JSON Lines; docs/judge.md is for users. For `cli` alone."""
