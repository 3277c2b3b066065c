"""Further scenes of the demo: `steelyard demo --scene NAME`. For `cli.demonstrate` and tests."""

from collections.abc import Mapping

from cli.demo.scenes.bad_versions import GARBAGE, LATE, LOST_SUBJECT, SLOW_CONTEXT
from cli.demo.scenes.people import BY_HAND, NEWCOMER, PAUSE
from cli.demo.scenes.scene import Scene, play

SCENES: Mapping[str, Scene] = {
    scene.name: scene
    for scene in (LOST_SUBJECT, SLOW_CONTEXT, GARBAGE, LATE, PAUSE, NEWCOMER, BY_HAND)
}

__all__ = ["SCENES", "Scene", "play"]
