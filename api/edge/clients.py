"""Who a client is, as far as limits care: its address, behind trusted proxies that of whoever asked them."""

from __future__ import annotations

import functools
import ipaddress

from starlette.types import Scope

NOBODY = "unknown"
IPV6_SITE = 64  # bits; a single host can use all addresses below its own


def client_of(scope: Scope) -> str:
    """The name under which a client is counted."""
    client = scope.get("client")
    return _counted_as(client[0]) if client else NOBODY


@functools.lru_cache(maxsize=4096)
def _counted_as(host: str) -> str:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host[:64] or NOBODY  # a proxy may say whatever it likes
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, IPV6_SITE), strict=False))
