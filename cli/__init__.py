"""The `steelyard` command. Nothing imports it; it uses the core, `aws/`, `infra`."""
