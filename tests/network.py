"""Tests talk to this machine only. A forgotten fake fails at once, instead of calling Segmind with somebody's key."""

import ipaddress
import socket
import sys
from typing import Any

LOCAL_NAMES = {"localhost", "", None}


class NetworkForbidden(RuntimeError):
    """A test reached for another machine."""


def forbid_other_machines() -> None:
    """For the rest of this process: no connection and no look-up of a name but this machine's own."""
    sys.addaudithook(_refuse_other_machines)


def _refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        connection, address = arguments
        if connection.family in (socket.AF_INET, socket.AF_INET6):
            _require_local(address[0])
    elif event == "socket.getaddrinfo":
        _require_local(arguments[0])


def _require_local(host: str | bytes | None) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in LOCAL_NAMES:
        return
    try:
        local = ipaddress.ip_address(str(name)).is_loopback
    except ValueError:
        local = False
    if not local:
        raise NetworkForbidden(f"A test reached for {name}.")
