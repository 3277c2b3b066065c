"""Calls that a fault strikes: they get an error, and are done before it, after it or never.

Only `service` uses it.
"""

import contextlib
import logging
import threading
from collections.abc import Callable

from infra.local.ports import AwsError, Params
from infra.local.sagemaker.context import Context, Stopped
from infra.local.sagemaker.faults import CallFault
from infra.local.sagemaker.refusals import denied

logger = logging.getLogger(__name__)

Operation = Callable[[Params], Params]


class StruckCalls:
    """Carries them out; late ones each in a thread of its own."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._threads: list[threading.Thread] = []

    def meet(self, fault: CallFault, operation: Operation, params: Params) -> AwsError:
        """Answer the error, with the call done where the fault says that it is done at once."""
        if fault.done == 0:
            with contextlib.suppress(AwsError):  # nobody hears of it
                operation(params)
        elif fault.done is not None:
            late = threading.Thread(
                target=self._later, args=(fault.done, operation, params), name="sagemaker-late"
            )
            self._threads.append(late)
            late.start()
        return fault.error or self._denial(fault.operation, params)

    def join(self) -> None:
        """Wait for the threads; `context.stopping` must be set."""
        for thread in self._threads:
            thread.join()

    def _later(self, virtual_seconds: float, operation: Operation, params: Params) -> None:
        try:
            self._context.wait(virtual_seconds)
            operation(params)
        except Stopped:
            return
        except AwsError as error:
            logger.warning("a call that arrived late was refused: %s", error)

    def _denial(self, operation: str, params: Params) -> AwsError:
        user = f"arn:aws:sts::{self._context.cloud.account}:assumed-role/reconciler/steelyard"
        endpoint = params.get("EndpointName")
        resource = "*" if endpoint is None else self._context.arn("endpoint", endpoint)
        return denied(user, operation, resource)
