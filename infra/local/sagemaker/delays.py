"""How long SageMaker's slow steps take here. Whoever makes a `SageMaker` sets them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Delays:
    """Least durations in virtual seconds; a step that really takes longer takes longer.

    AWS publishes none of them: a fleet takes about ten minutes there, a shift of weights an
    undocumented while. These are short enough for a laptop and long enough to be noticed.
    """

    fleet: float = 60.0
    """From CreateEndpoint or UpdateEndpoint until the new fleet takes over, and from
    UpdateEndpointWeightsAndCapacities until more instances of a variant take requests."""
    weights: float = 20.0
    """From UpdateEndpointWeightsAndCapacities until traffic moves, or fewer instances are left."""
    rollback: float = 20.0
    """How long an endpoint is RollingBack when weights or counts could not be changed."""
    deletion: float = 5.0
    """From DeleteEndpoint until the endpoint is gone; requests in hand may take longer."""
    restart: float = 30.0
    """From the death of a model server in service until its successor is started."""
    training_stage: float = 5.0
    """Each of Starting, Downloading and Uploading of a training job."""
    training_grace: float = 120.0
    """From SIGTERM to SIGKILL for a training job that is stopped (as StopTrainingJob says)."""
