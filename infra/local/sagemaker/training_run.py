"""One training job from Starting to its end, in a thread of its own. Only `training` starts it."""

import logging
import subprocess

from infra.local.ports import AwsError
from infra.local.sagemaker.artifacts import ArtifactMissing, Artifacts
from infra.local.sagemaker.children import Children, tail
from infra.local.sagemaker.context import Context, Stopped
from infra.local.sagemaker.events import Events
from infra.local.sagemaker.training_files import TrainingFiles
from infra.local.sagemaker.training_job import TrainingJob

logger = logging.getLogger(__name__)

_TAIL = 800


class _Failed(Exception):
    """The job failed; the text is its FailureReason."""


class TrainingRun:
    """Carries out one job."""

    def __init__(
        self,
        context: Context,
        job: TrainingJob,
        artifacts: Artifacts,
        children: Children,
        events: Events,
    ) -> None:
        self._context = context
        self._job = job
        self._children = children
        self._events = events
        folder = context.root / "training" / job.name
        self._files = TrainingFiles(folder, job, artifacts)

    def run(self) -> None:
        """Run the job; always ends in a final status unless the service stops first."""
        end, reason = "Failed", ""
        try:
            end = self._stages()
        except Stopped:
            return
        except _Failed as failed:
            reason = str(failed)
        except (AwsError, ArtifactMissing) as error:
            message = error.message if isinstance(error, AwsError) else str(error)
            reason = f"ClientError: {message}"
        except Exception as error:
            logger.exception("training job %s broke", self._job.name)
            reason = f"InternalServerError: {type(error).__name__}: {error}"
        self._move(end, reason)

    def _stages(self) -> str:
        """Go through the statuses; answer the final one."""
        stage = self._context.delays.training_stage
        self._context.wait(stage)
        self._files.lay_out()
        if self._job.stop_wanted.is_set():
            return "Stopped"
        self._move("Downloading")
        self._context.wait(stage)
        self._files.download()
        if self._job.stop_wanted.is_set():
            return "Stopped"
        self._move("Training")
        end = self._train()
        self._move("Uploading")
        self._context.wait(stage)
        self._files.upload()
        return end

    def _train(self) -> str:
        process = self._children.start(
            "train.py",
            self._files.code,
            {
                **self._job.asked.get("Environment", {}),
                "SAGEMAKER_BASE_DIR": str(self._files.base),
                "TRAINING_JOB_NAME": self._job.name,
                "TRAINING_JOB_ARN": self._job.arn,
            },
            self._files.log,
        )
        try:
            end = self._watch(process)
        finally:
            self._children.end(process)
        now = self._context.cloud.clock.now()
        with self._context.lock:
            self._job.metrics = self._files.metrics(now)
        return end

    def _watch(self, process: "subprocess.Popen[bytes]") -> str:
        """Wait for the process; one that must stop gets SIGTERM and a grace to save its model."""
        clock = self._context.cloud.clock
        deadline = clock.monotonic() + self._job.max_runtime_s
        while process.poll() is None:
            if self._job.stop_wanted.is_set():
                return self._stop(process, "Stopped")
            if clock.monotonic() >= deadline:
                return self._stop(process, "MaxRuntimeExceeded")
            self._context.pause()
        if process.returncode != 0:
            reason = self._files.failure() or tail(self._files.log, _TAIL)
            raise _Failed(f"AlgorithmError: {reason}, exit code: {process.returncode}")
        return "Completed"

    def _stop(self, process: "subprocess.Popen[bytes]", end: str) -> str:
        clock = self._context.cloud.clock
        deadline = clock.monotonic() + self._context.delays.training_grace
        process.terminate()
        while process.poll() is None and clock.monotonic() < deadline:
            self._context.pause()
        process.kill()
        return end

    def _move(self, status: str, reason: str = "") -> None:
        with self._context.lock:
            self._job.failure_reason = reason
            self._job.move(status, self._context.cloud.clock.now())
            described = self._job.describe()
        self._events.training(described)
