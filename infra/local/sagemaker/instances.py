"""Which instances a variant has, when their number or their fleet changes. For `changes`."""

from collections.abc import Mapping

from infra.local.sagemaker.endpoint import Endpoint
from infra.local.sagemaker.fleet import Fleet
from infra.local.sagemaker.model_server import ModelServer


def serving(endpoint: Endpoint) -> Fleet:
    """Answer the fleet of an endpoint that has come up once."""
    if endpoint.fleet is None:
        raise RuntimeError(f"endpoint {endpoint.name!r} has no fleet")
    return endpoint.fleet


def resize(endpoint: Endpoint, added: Mapping[str, list[ModelServer]]) -> list[ModelServer]:
    """Make the counts current; answer the instances that have to go. The lock is held."""
    spare: list[ModelServer] = []
    for variant in endpoint.variants:
        servers = serving(endpoint).variants[variant.name]
        servers.add(added.get(variant.name, []))
        spare += servers.take_out(max(0, variant.current_count - variant.desired_count))
    return spare


def mix(old: Fleet, new: Fleet) -> list[ModelServer]:
    """Give half of each variant's places to the new fleet; answer the instances that have to go."""
    spare: list[ModelServer] = []
    for name in old.variants.keys() & new.variants.keys():
        places = old.variants[name]
        coming = new.variants[name].take_out(len(places.servers) // 2)
        places.add(coming)
        spare += places.take_out_first(len(coming))
    return spare
