"""The pure core of a rollout: model, policy, machine, events. Standard library only.

No clock, no boto3, no environment. Reading order: model, policy, machine.
"""
