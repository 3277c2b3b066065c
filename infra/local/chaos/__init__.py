"""Mishaps on demand for game days: what AWS may do to a Lambda, a call or an event.

Off unless somebody asks for it. `assembly` puts it in; nothing outside `infra/local` knows of it.
"""

from infra.local.chaos.calls import MishapsOfCalls
from infra.local.chaos.controls import controls
from infra.local.chaos.mishaps import Mishaps

__all__ = ["Mishaps", "MishapsOfCalls", "controls"]
