"""Simulated traffic of both variants, in many independent runs at once; for bench and cli."""

from bench.traffic.clusters import Clusters
from bench.traffic.curves import (
    AfterEach,
    Always,
    Bursts,
    Curve,
    Daily,
    During,
    Product,
    Stairs,
    since,
)
from bench.traffic.events import Events
from bench.traffic.labels import Labelling
from bench.traffic.latency import Latency
from bench.traffic.scene import Scene, Traffic
from bench.traffic.traces import Trace

__all__ = [
    "AfterEach",
    "Always",
    "Bursts",
    "Clusters",
    "Curve",
    "Daily",
    "During",
    "Events",
    "Labelling",
    "Latency",
    "Product",
    "Scene",
    "Stairs",
    "Trace",
    "Traffic",
    "since",
]
