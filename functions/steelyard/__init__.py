"""Steelyard's runtime: what every Lambda carries.

`core (rollout, evidence) <- aws <- service <- handlers`; nothing here imports `infra` or `cli`.
"""
