"""The errors of Steelyard, split by who must act. Anyone may import this."""


class SteelyardError(Exception):
    """Root of the tree; never raised itself."""


class InvalidEvent(SteelyardError):
    """The sender's fault: goes to quarantine, is acknowledged, and changes nothing."""


class ForeignEvent(InvalidEvent):
    """Of another account or region: none could get here by our rules, so somebody else sent it."""


class InvalidCounts(SteelyardError, ValueError):
    """Counts that can't be: negative, or more bad events than requests."""


class InvalidPolicy(SteelyardError, ValueError):
    """A policy whose numbers don't fit together; names the key, the value and what is accepted."""


class InvalidGolden(SteelyardError, ValueError):
    """A golden request that can't be asked or judged; says key, value and what is accepted."""


class IllegalTransition(SteelyardError):
    """A command that the current phase doesn't allow; says which would be legal."""


class UnknownEndpoint(SteelyardError):
    """No settings are deployed for this endpoint."""


class EndpointBusy(SteelyardError):
    """SageMaker refuses for now (not InService, throttled): the next tick tries again."""


class NoAnswer(EndpointBusy):
    """No answer came: what became of the call shows in Describe."""


class OddAnswer(EndpointBusy):
    """An answer in no documented shape, or cut off: it may be whole the next time."""


class NoCapacity(EndpointBusy):
    """No instances to be had. Says nothing about the candidate."""


class StaleRollout(SteelyardError):
    """Another writer appended to the ledger first: load again, once."""


class NeedsHuman(SteelyardError):
    """Nothing that Steelyard may do mends this; the message says what was seen and what to do."""


class NotApproved(NeedsHuman):
    """The candidate was approved, and is not any more."""
