"""`steelyard simulate` as people type it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.main import app

POLICY = "steps: [5, 20]\nstep_odds: [3, 2]\nalpha: 0.02\nbake: 5m\nholdback: 5m\n"


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("policy.yaml").write_text(POLICY)


def typed(*arguments: str) -> Result:
    """The command, with few runs."""
    return CliRunner().invoke(app, ["simulate", "--runs", "20", *arguments])


def test_policy_on_a_trace_is_told_in_a_hundred_columns_and_drawn() -> None:
    Path("day.csv").write_text("t,requests\n0,6000\n300,9000\n600,3000\n")
    given = ("--policy", "policy.yaml", "--trace", "day.csv", "--after", "5m")
    result = typed(*given, "--regression", "5x-errors")
    assert result.exit_code == 0, result.output
    assert "alpha 2 %" in result.stdout
    assert "20 requests/s, 1 % errors, as in the trace" in result.stdout
    assert "5, 20 % for 7 min each, then 95 % to the end; shares rise by time" in result.stdout
    assert "Steelyard, this policy" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert "plot: out/simulate.png" in result.stderr
    assert Path("out/simulate.png").read_bytes().startswith(b"\x89PNG")


def test_same_seed_gives_the_same_json_and_another_one_does_not() -> None:
    given = ("--policy", "policy.yaml", "--regression", "2x-errors", "--json", "--no-plot")
    one, same, other = (typed(*given, "--seed", seed).stdout for seed in ("7", "7", "8"))
    assert one == same
    assert json.loads(one)["false_rollbacks"] != json.loads(other)["false_rollbacks"]
    assert not Path("out").exists()


def test_json_has_what_the_tables_have() -> None:
    found = json.loads(typed("--regression", "1.05x-latency", "--json", "--no-plot").stdout)
    regression = found["regressions"][0]
    assert (found["alpha"], found["runs"], found["simulated_seconds"]) == (0.01, 20, 5520)
    assert [one["canary_percent"] for one in found["shares"]] == [1, 5, 10, 25, 50, 95]
    assert (regression["regression"], regression["bound"]) == ("1.05x-latency", None)
    assert regression["rules"][0]["requests"] is None
    assert {one["rule"] for one in regression["rules"]} == {
        one["rule"] for one in found["false_rollbacks"]
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--regression", "worse"), "--regression: got 'worse'"),
        (("--policy", "none.yaml"), "none.yaml: No such file"),
        (("--trace", "policy.yaml"), "policy.yaml:1: got 'steps: [5,"),
        (("--plot", "plot.xyz"), "--plot: got 'plot.xyz'"),
    ],
)
def test_mistake_is_told_before_anything_is_simulated(
    arguments: tuple[str, ...], said: str
) -> None:
    result = typed(*arguments)
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stdout == ""


def test_console_starts_without_what_simulates() -> None:
    heavy = "{'numpy', 'scipy', 'matplotlib'}"
    code = f"import sys, cli.main; sys.exit(bool({heavy} & {{*sys.modules}}))"
    root = Path(__file__).parents[3]
    found = subprocess.run([sys.executable, "-c", code], check=False, cwd=root)  # noqa: S603 - ours
    assert found.returncode == 0
