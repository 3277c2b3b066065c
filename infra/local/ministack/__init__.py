"""The only package that imports MiniStack. `assembly` uses its `MiniStack`."""

from infra.local.ministack.adapter import MiniStack, Site

__all__ = ["MiniStack", "Site"]
