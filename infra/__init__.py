"""The CDK app: one stack a file, its parts in `constructs/`, and in `local/` the local cloud."""
