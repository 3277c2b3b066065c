"""Application Auto Scaling on a laptop: instance counts of SageMaker variants that follow load.

The local cloud's server makes an `AutoScaling`; only tests import anything else from here.
"""

from infra.local.autoscaling.service import AutoScaling

__all__ = ["AutoScaling"]
