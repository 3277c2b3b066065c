"""The figures as Markdown tables, with their limits. For bench and cli."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from bench.results import VALID, Results, Row

_FALSE = "Healthy canaries that were rolled back in a day, in % [exact 95 % limits]."
_FOUND = """Median canary requests from the regression's start on [95 % limits], and ÷ the bound
ln(1/alpha)/I. *Reachable* is the bound where it is not known beforehand which metric, segment and
minute it will be, beyond the margins, in whole batches. Runs that were rolled back before the
start are left out, and their share is shown. Bold: the best valid rule. *Never*: not in a day."""
_LOST = """Information of one canary request and of stable's that come with it, in nats: of
everything there is to see, and of what bands or the bad ones of one small batch tell of it."""
_HEALTHY = """Median canary requests until NOT_WORSE [95 % limits], and ÷ the bound ln(1/beta)/I of
the quicker proof: odds ratio below the step's, or rate below the absolute margin."""
_HARMFUL = """Its odds ratio is the very one that the step rules out. How many pass, in % [95 %
limits]; at most beta may, for each of the two proofs. At the lowest rate of each step the
canary's is the absolute margin itself, so that both proofs are false."""
_COST = """The engine itself, on the machine that ran this. A pair is a metric and a segment, or a
metric and all requests pooled; latency has no segments."""
_SIDE_BY_SIDE = 6  # columns that a page has room for
_NEVER = "never"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """One Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def rollbacks(results: Results, ours: Sequence[str]) -> str:
    """False rollbacks, then requests until a rollback.

    Args:
        results: of all rules.
        ours: names of the rules that are compared with the best of the others.
    """
    valid = results.valid()
    parts = (
        "# Rules side by side",
        origin(results.made_with),
        "## False rollbacks",
        _FALSE,
        *_nulls(results.nulls),
        _valid(valid),
        "## Requests until a rollback",
        _FOUND,
        *(part for group in _tables(results) for part in _requests(group, results)),
        *_beside_the_best(results, valid, ours),
        "## What counting loses",
        _LOST,
        table(("what", "whole", "counted", "kept"), map(_information, results.information)),
    )
    return "\n\n".join(parts) + "\n"


def passing(results: Results) -> str:
    """Requests until a healthy canary passes, and harmful ones that do."""
    rates = groupby(results.healthy, key=lambda row: row["error_rate"])
    by_rate = {rate: list(rows) for rate, rows in rates}
    steps = next(iter(by_rate.values()))
    head = [f"{row['percent']:g} % canary, odds {row['step_odds']:g}" for row in steps]
    parts = (
        "# What it takes to pass a step",
        origin(results.made_with),
        "The engine itself on errors alone; each step by itself, from no evidence.",
        "## A healthy canary",
        _HEALTHY,
        table(("errors", *head), ((f"{r:g}", *map(_passed, rows)) for r, rows in by_rate.items())),
        "## A harmful canary",
        _HARMFUL,
        table(("step", "odds ratio", "stable's errors", "passed"), map(_harmful, results.harmful)),
    )
    return "\n\n".join(parts) + "\n"


def cost(costs: Sequence[Row], made_with: Row) -> str:
    """State and time of the engine."""
    head = (
        "metrics",
        "segments",
        "requests a batch",
        "state, bytes",
        "each pair, bytes",
        "look, ms",
        "each pair, ms",
        "peak, MiB",
    )
    parts = (
        "# What a look costs",
        origin(made_with),
        _COST,
        table(head, (_cost(row) for row in costs)),
    )
    return "\n\n".join(parts) + "\n"


def origin(made_with: Row) -> str:
    """What the figures were made with."""
    runs = ", ".join(f"{count:,} of {name}" for name, count in made_with["runs"].items())
    part = f" (only each {made_with['every']}th scene)" if made_with["every"] > 1 else ""
    return (
        f"Python {made_with['python']}, numpy {made_with['numpy']}, scipy {made_with['scipy']}; "
        f"seed {made_with['seed']}; runs of each scene: {runs}{part}."
    )


def _valid(names: Sequence[str]) -> str:
    return (
        f"Valid, with an upper 95 % limit of at most {100 * VALID:g} % on every null that the "
        f"promise holds for: {', '.join(names) or 'none'}."
    )


def _nulls(rows: Sequence[Row]) -> Iterator[str]:
    for first in range(0, len(rows), _SIDE_BY_SIDE):
        shown = rows[first : first + _SIDE_BY_SIDE]
        head = (
            "rule",
            *(row["scene"] + (" (not promised)" if row["beyond"] else "") for row in shown),
        )
        by_rule = zip(*(row["rules"] for row in shown), strict=True)
        yield table(head, ((same[0]["rule"], *map(_share, same)) for same in by_rule))
    for row in rows:
        if row["beyond"]:
            yield f"Not promised: {row['scene']}, since {row['beyond']}."


def _share(rule: Row) -> str:
    return f"{_percent(rule['share'])} [{_percent(rule['low'])}-{_percent(rule['high'])}]"


def _percent(share: float) -> str:
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") if share < 0.1 else f"{100 * share:.0f}"


def _tables(results: Results) -> Iterator[list[Row]]:
    for _, rows in groupby(results.regressions, key=lambda row: row["table"]):
        yield list(rows)


def _requests(rows: Sequence[Row], results: Results) -> Iterator[str]:
    """Rows are rules; the columns are of one traffic."""
    valid, invalid = results.valid(), results.invalid()
    yield f"### {rows[0]['table'].capitalize()}"
    names = list(dict.fromkeys(rule["rule"] for row in rows for rule in row["rules"]))
    for first in range(0, len(rows), _SIDE_BY_SIDE):
        shown = rows[first : first + _SIDE_BY_SIDE]
        bests = [best(row, valid) for row in shown]
        lines = [
            ("bound", *(_number(row["bound"]) for row in shown)),
            ("reachable", *(_number(row["composite_bound"]) for row in shown)),
        ]
        for name in names:
            cells = (
                _cell(row, name, bold=one is not None and one["rule"] == name)
                for row, one in zip(shown, bests, strict=True)
            )
            lines.append((f"{name} (not valid)" if name in invalid else name, *cells))
        yield table(("rule", *(row["label"] for row in shown)), lines)


def best(row: Row, valid: Sequence[str]) -> Row | None:
    """The valid rule with the lowest median in a row of `Results.regressions`, if any has one."""
    there = [rule for rule in row["rules"] if rule["rule"] in valid and rule["requests"]]
    return min(there, key=lambda rule: float(rule["requests"]), default=None)


def _cell(row: Row, name: str, *, bold: bool) -> str:
    rule = next((rule for rule in row["rules"] if rule["rule"] == name), None)
    if rule is None:
        return ""
    text = _median(rule, row["bound"])
    text = f"**{text}**" if bold else text
    early = rule["before_onset"]
    return f"{text}, {_percent(early)} % before" if early else text


def _median(rule: Row, bound: float | None) -> str:
    if rule["requests"] is None:
        return _NEVER
    ratio = f" ({rule['requests'] / bound:.2f})" if bound else ""
    return f"{_number(rule['requests'])}{ratio} [{_number(rule['low'])}-{_number(rule['high'])}]"


def _number(value: float | None) -> str:
    return _NEVER if value is None else f"{value:,.0f}"


def _beside_the_best(results: Results, valid: Sequence[str], ours: Sequence[str]) -> Iterator[str]:
    """Each regression: the best valid rule of the others', and ours ÷ it."""
    others = [name for name in valid if name not in ours]
    lines = []
    for row in results.regressions:
        found = best(row, others)
        mine = {rule["rule"]: rule["requests"] for rule in row["rules"] if rule["rule"] in ours}
        ratios = (_ratio(mine.get(name), found) if name in mine else "" for name in ours)
        rival = f"{found['rule']}, {_number(found['requests'])}" if found else "none"
        lines.append((row["table"], row["label"], rival, *ratios))
    if ours:
        yield "## Beside the best valid rule of the others"
        yield table(("traffic", "regression", "best of the others", *ours), lines)


def _ratio(mine: float | None, other: Row | None) -> str:
    if mine is None:
        return _NEVER
    return f"{mine / other['requests']:.2f}" if other else _number(mine)


def _information(row: Row) -> tuple[str, ...]:
    return row["what"], f"{row['whole']:.3g}", f"{row['counted']:.3g}", f"{row['kept']:.2f}"


def _passed(row: Row) -> str:
    return _median(row, row["bound"])


def _harmful(row: Row) -> tuple[str, ...]:
    limits = f"[{_percent(row['passed_low'])}-{_percent(row['passed_high'])}]"
    rate = f"{row['error_rate']:.2g}"
    passed = f"{_percent(row['passed'])} {limits}"
    return f"{row['percent']:g} %", f"{row['odds']:g}", rate, passed


def _cost(row: dict[str, Any]) -> tuple[str, ...]:
    pairs = row["pairs"]
    return (
        row["metrics"],
        str(row["segments"]),
        f"{row['requests']:,}",
        f"{row['state_bytes']:,}",
        f"{row['state_bytes'] / pairs:,.0f}",
        f"{row['look_ms']:.2f}",
        f"{row['look_ms'] / pairs:.3f}",
        f"{row['peak_mib']:.1f}",
    )
