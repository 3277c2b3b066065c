"""All guards, by the part of the product that they stand in. The runner and a test use them."""

from __future__ import annotations

from tests.mutants.guard import Guard
from tests.mutants.guards.actions import ACTIONS
from tests.mutants.guards.advancing import ADVANCING
from tests.mutants.guards.labels import LABELS
from tests.mutants.guards.messages import MESSAGES
from tests.mutants.guards.orders import ORDERS
from tests.mutants.guards.outside import OUTSIDE
from tests.mutants.guards.overtaken import OVERTAKEN
from tests.mutants.guards.reading import READING
from tests.mutants.guards.rollback import ROLLBACK
from tests.mutants.guards.signals import SIGNALS
from tests.mutants.guards.starting import STARTING
from tests.mutants.guards.tidying import TIDYING
from tests.mutants.guards.writing import WRITING

GUARDS: tuple[Guard, ...] = (
    *WRITING,
    *ACTIONS,
    *ROLLBACK,
    *SIGNALS,
    *OUTSIDE,
    *OVERTAKEN,
    *STARTING,
    *ADVANCING,
    *ORDERS,
    *TIDYING,
    *MESSAGES,
    *LABELS,
    *READING,
)
