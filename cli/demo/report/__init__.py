"""The demo's report: one self-contained HTML page. For the demo and its tests only."""

from cli.demo.report.page import render, write

__all__ = ["render", "write"]
