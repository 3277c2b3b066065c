"""Calls operations as the protocol layer does, and checks every answer against botocore's shape."""

from functools import lru_cache
from typing import Any, Protocol

import botocore.session
from botocore.model import ServiceModel, Shape
from botocore.validate import ParamValidator

from infra.local.ports import Params
from infra.local.validation import validate


@lru_cache
def service_model(name: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(name)


class Service(Protocol):
    """What answers operations by their name."""

    @property
    def name(self) -> str:
        """Answer botocore's name of the service."""

    def call(self, operation: str, params: Params) -> Params:
        """Run one operation."""


class CheckedApi:
    """`api("CreateModel", ModelName="m")`; wrong requests and wrong answers both fail."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(self, operation: str, **params: Any) -> Params:
        model = service_model(self._service.name).operation_model(operation)
        validate(model, params)
        answer = self._service.call(operation, params)
        if model.output_shape is None:
            if answer != {}:
                raise AssertionError(f"{operation} answers nothing at AWS, here {answer}")
            return answer
        report = ParamValidator().validate(answer, model.output_shape)
        problems = [report.generate_report()] if report.has_errors() else []
        problems += _bad_enums(model.output_shape, answer, operation)
        if problems:
            raise AssertionError(f"{operation} answered {answer}: {problems}")
        return answer


def _bad_enums(shape: Shape, value: Any, where: str) -> list[str]:
    if shape.type_name == "structure":
        return [
            problem
            for name, one in value.items()
            for problem in _bad_enums(shape.members[name], one, f"{where}.{name}")
        ]
    if shape.type_name == "list":
        return [problem for one in value for problem in _bad_enums(shape.member, one, where)]
    allowed = shape.metadata.get("enum")
    if allowed and value not in allowed:
        return [f"{where} is {value!r}, not one of {allowed}"]
    return []
