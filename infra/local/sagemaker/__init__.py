"""SageMaker on a laptop: registry, models, endpoints and training jobs, as real processes.

The local cloud's server makes a `SageMaker`; nobody imports anything else from here.
"""

from infra.local.sagemaker.delays import Delays
from infra.local.sagemaker.service import SageMaker

__all__ = ["Delays", "SageMaker"]
