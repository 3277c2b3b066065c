"""The parameters through which a model's file reaches the reconciler."""

from __future__ import annotations

import json

from aws_cdk import aws_ssm as ssm
from constructs import Construct

from infra.constructs.arns import Arns
from infra.errors import InvalidModelFile
from infra.model_file import ModelFile
from infra.names import ModelNames
from infra.settings import to_settings

_STANDARD, _ADVANCED = 4096, 8192  # characters that a parameter of the tier holds
_ARNS = 1024  # room for ARNs, whose length is known only once they are deployed


class SettingsParameter(Construct):
    """JSON settings of one model, and its golden requests, one a parameter.

    Raises:
        InvalidModelFile: more than a parameter holds.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: ModelFile,
        names: ModelNames,
        topic_arn: str,
    ) -> None:
        super().__init__(scope, construct_id)
        settings = to_settings(
            model,
            names,
            execution_role_arn=Arns.of(self).role(names.serving_role),
            topic_arn=topic_arn,
        )
        size = len(json.dumps(settings)) + _ARNS
        if size > _ADVANCED:
            raise InvalidModelFile(
                f"{model.name}: got settings of about {size} characters, accepted: at most "
                f"{_ADVANCED}, all that a parameter holds"
            )
        ssm.CfnParameter(
            self,
            "Parameter",
            name=names.settings_parameter,
            type="String",
            tier="Standard" if size <= _STANDARD else "Advanced",
            value=json.dumps(settings),  # not CDK's to_json_string: it leaves out what is null
            description=f"Steelyard: settings of {names.endpoint}",
        )
        for number, request in enumerate(model.golden_requests, start=1):
            ssm.CfnParameter(
                self,
                f"Golden{number:02}",
                name=names.golden_parameter(number),
                type="String",
                value=request,
                description=f"Steelyard: a golden request of {names.endpoint}",
            )
