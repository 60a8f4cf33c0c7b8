"""Which addresses may be called for people who write flows: those of the public internet, and no others."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from forjinn.errors import DomainError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
# The IPv6 internet as it is handed out today; everything else is local, special or not in use.
GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
# An IPv4 address in the last four bytes, which a gateway of the network turns into IPv4.
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
# What `is_global` of some Python versions lets pass: special purposes, 6to4 and Teredo (which carry
# an IPv4 address to a relay), documentation.
SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2002::/16", "3fff::/20")
)


class AddressRefused(DomainError):
    """The address is not one of the public internet."""

    def __init__(self, host: str) -> None:
        # The host as it was asked for: what a name of the inside resolves to is nobody's business.
        super().__init__(f"the address {host} is private; calls to private addresses are not allowed here.")


def is_public(address: IPAddress) -> bool:
    if isinstance(address, ipaddress.IPv6Address) and address not in GLOBAL_V6:
        return address in NAT64 and is_public(ipaddress.IPv4Address(address.packed[12:]))
    special = any(address in network for network in SPECIAL if network.version == address.version)
    return address.is_global and not address.is_multicast and not special


def resolved(host: str, port: int) -> Iterator[str]:
    """The addresses of a host, as the system finds them. Raises OSError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except ValueError as error:
        # A name that cannot be one, such as `a..b`.
        raise OSError("not a name of a host") from error
    # Each once, in the system's order.
    yield from dict.fromkeys(str(address[0]) for *_kind, address in found)


@dataclass(frozen=True, slots=True)
class Guard:
    """How hosts are found and which addresses pass; tests put their own rules here."""

    resolve: Callable[[str, int], Iterator[str]] = resolved
    allows: Callable[[IPAddress], bool] = is_public

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses to connect to: exactly these, since a name may resolve to others a moment later.

        Raises AddressRefused when one of them is not allowed, and OSError when there are none.
        """
        addresses = list(self.resolve(host, port))
        if not all(self.allows(ipaddress.ip_address(address)) for address in addresses):
            raise AddressRefused(host)
        return addresses


PUBLIC_ONLY = Guard()
