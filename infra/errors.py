"""What can go wrong before anything is deployed. Anyone but `functions/` may import this."""

from __future__ import annotations

from steelyard.errors import SteelyardError


class InvalidContext(SteelyardError, ValueError):
    """A context value (`-c key=value`) that is missing or wrong; says what is accepted."""


class InvalidModelFile(SteelyardError, ValueError):
    """One line a problem: file, line, key path, value, what is accepted."""


class PackagingFailed(SteelyardError):
    """A Lambda's zip or layer could not be built; carries pip's own words."""


class SynthesisFailed(SteelyardError):
    """The CDK app did not synthesize; carries what it printed."""
