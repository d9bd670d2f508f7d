"""Which addresses may be connected to: public ones, unless a channel allows private ones.

A name is resolved once, all its addresses are looked at, and the one that was looked at is connected to: a name that
points elsewhere a moment later changes nothing.
"""

from __future__ import annotations

import ipaddress
import socket


class PrivateAddress(Exception):
    """The host is, or points to, an address that only this machine or its network reaches."""

    def __init__(self, host: str, address: str) -> None:
        where = host if host == address else f"{host} is {address}, which"
        super().__init__(
            f"{where} is not a public address, so nothing was sent; set allow_private = true for this channel "
            "if it is meant"
        )


class UnknownHost(Exception):
    """There is no address for the name."""

    def __init__(self, host: str) -> None:
        super().__init__(f"the name {host} can not be resolved")


def address_to_connect(host: str, port: int, *, allow_private: bool) -> str:
    """The address to connect to. Raises PrivateAddress if any address of the host is none that everybody reaches, and
    UnknownHost."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnknownHost(host) from None
    addresses = [str(each[4][0]) for each in found]
    if not allow_private:
        for address in addresses:
            if not is_public(address):
                raise PrivateAddress(host, address)
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether everybody reaches the address: neither this machine, nor its network, nor anything reserved, also where
    it is written inside of an IPv6 address."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(parsed, ipaddress.IPv6Address):
        inner = parsed.ipv4_mapped or parsed.sixtofour or (parsed.teredo[1] if parsed.teredo else None)
        if parsed in _NAT64:
            inner = ipaddress.IPv4Address(int(parsed) & 0xFFFFFFFF)
        if inner is None and parsed not in _UNICAST:
            return False
        parsed = inner or parsed
    return parsed.is_global and not parsed.is_multicast


_UNICAST = ipaddress.ip_network("2000::/3")  # all that was ever given to anybody
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
