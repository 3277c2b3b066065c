"""The CDK app that `cdk synth -c environment=<name>` runs. All of it is in `infra/`."""

import sys

from infra.node import use_bundled_node

use_bundled_node()

from infra.app import main  # noqa: E402 - importing aws_cdk starts Node

sys.exit(main())
