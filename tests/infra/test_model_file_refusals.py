"""What a key or value of a model file is refused with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.infra.model_texts import DURATION, LEAST, refusal


@pytest.mark.parametrize(
    ("added", "expected"),
    [
        pytest.param(
            "trainig: {}\n",
            "5: trainig: unknown key (did you mean training?), accepted: name, description, "
            "image, golden, training, serving, rollout, alarms",
            id="unknown-key",
        ),
        pytest.param(
            "serving:\n  gpu: 1\n",
            "6: serving.gpu: unknown key, accepted: instance_type, download_timeout, "
            "startup_timeout, data_capture_percent, metrics_every, environment, autoscaling",
            id="unknown-key-inside",
        ),
        pytest.param(
            "rollout:\n  guardrails:\n  - {metric: errors, weight: 1, margni: 2}\n",
            "7: rollout.guardrails[0].margni: unknown key (did you mean margin?), accepted: "
            "metric, weight, margin, absolute_margin",
            id="unknown-key-of-policy",
        ),
        pytest.param(
            "rollout: {steps: [5, many]}\n",
            "5: rollout.steps[1]: got 'many', accepted: a whole number",
            id="wrong-type",
        ),
        pytest.param(
            "rollout: {least_requests: true}\n",
            "5: rollout.least_requests: got True, accepted: a whole number",
            id="boolean-is-no-number",
        ),
        pytest.param(
            'rollout: {least_requests: "30"}\n',
            "5: rollout.least_requests: got '30', accepted: a whole number",
            id="text-is-no-number",
        ),
        pytest.param(
            "rollout: {alpha: .nan}\n",
            "5: rollout.alpha: got '.nan', accepted: a number",
            id="not-a-number",
        ),
        pytest.param(
            "rollout: {steps: [5, 100], step_odds: [3, 3]}\n",
            "5: rollout.steps: got [5, 100], accepted: whole percentages, 1 to 99",
            id="step-above-99",
        ),
        pytest.param(
            "rollout: {steps: [25, 5], step_odds: [3, 3]}\n",
            "5: rollout.steps: got [25, 5], accepted: rising percentages",
            id="falling-steps",
        ),
        pytest.param(
            "rollout: {steps: [5, 25], step_odds: [3]}\n",
            "5: rollout.step_odds: got [3], accepted: 2 odds ratios (one a step), each above 1",
            id="odds-for-fewer-steps",
        ),
        pytest.param(
            "rollout: {first_step: 0.5}\n",
            "5: rollout.first_step: got 0.5, accepted: auto",
            id="first-step-as-a-number",
        ),
        pytest.param(
            "rollout: {bake: ten minutes}\n",
            f"5: rollout.bake: got 'ten minutes', accepted: {DURATION}",
            id="bad-duration",
        ),
        pytest.param(
            "rollout: {bake: 600}\n",
            f"5: rollout.bake: got 600, accepted: {DURATION}",
            id="duration-without-unit",
        ),
        pytest.param(
            "serving: {startup_timeout: 2h}\n",
            "5: serving.startup_timeout: got '2h', accepted: 1 hour or less",
            id="timeout-beyond-sagemakers",
        ),
        pytest.param(
            "serving: {metrics_every: 20s}\n",
            "5: serving.metrics_every: got 20s, accepted: 10s, 30s, 60s",
            id="metrics-in-pieces-of-no-minute",
        ),
        pytest.param(
            "serving: {data_capture_percent: 101}\n",
            "5: serving.data_capture_percent: got 101, accepted: 100 or less",
            id="above-all",
        ),
        pytest.param(
            "serving:\n  autoscaling: {min_instances: 3, max_instances: 2, "
            "invocations_per_instance: 600}\n",
            "6: serving.autoscaling.max_instances: got 2, accepted: at least min_instances, 3",
            id="autoscaling-to-less-than-its-minimum",
        ),
        pytest.param(
            "serving:\n  autoscaling: {min_instances: 0, max_instances: 2, "
            "invocations_per_instance: 600}\n",
            "6: serving.autoscaling.min_instances: got 0, accepted: 1 or more",
            id="autoscaling-to-nothing",
        ),
        pytest.param(
            "serving:\n  autoscaling: {min_instances: 1, max_instances: 2, "
            "invocations_per_instance: 0}\n",
            "6: serving.autoscaling.invocations_per_instance: got 0, accepted: "
            "a finite number above 0",
            id="autoscaling-by-no-load",
        ),
        pytest.param(
            "serving:\n  autoscaling: {min_instances: 1, max_instances: 2}\n",
            "6: serving.autoscaling.invocations_per_instance: missing, accepted: a number",
            id="autoscaling-by-nothing",
        ),
        pytest.param(
            "serving: {instance_type: g5.xlarge}\n",
            "5: serving.instance_type: got 'g5.xlarge', accepted: an instance type such as "
            "ml.g5.xlarge",
            id="no-instance-type",
        ),
        pytest.param(
            "training: {hyperparameters: {layers: [1, 2]}}\n",
            "5: training.hyperparameters.layers: got [1, 2], accepted: text, a number, true or "
            "false",
            id="hyperparameter-is-a-list",
        ),
        pytest.param(
            "training:\n",
            "5: training: got nothing, accepted: a mapping with the keys instance_type, "
            "volume_gib, max_runtime, hyperparameters, metrics",
            id="section-without-content",
        ),
    ],
)
def test_refusal_names_line_key_value_and_what_is_accepted(
    tmp_path: Path, added: str, expected: str
) -> None:
    assert refusal(tmp_path, LEAST + added) == [expected]
