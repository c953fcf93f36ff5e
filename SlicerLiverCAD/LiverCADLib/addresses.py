"""Addresses of servers: how people write them, and what they tell of whom one talks to. No Qt, no MRML."""

import ipaddress
from urllib.parse import quote, urlsplit

from LiverCADLib.clientErrors import AddressError
from LiverCADLib.translation import _


def fullAddress(text: str) -> str:
    """Complete an address as people write it: "127.0.0.1:8000" is "http://127.0.0.1:8000".

    Raises
    ------
    AddressError
        If it is none.
    """
    address = text.strip()
    address = (address if "://" in address else f"http://{address}").rstrip("/")
    try:
        parts = urlsplit(address)
        isFine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and "@" not in address
    except ValueError:
        isFine = False
    if not isFine or parts.query or parts.fragment or any(c.isspace() for c in address):
        sentence = _("{address} is no address of a server; one looks like http://127.0.0.1:8000.")
        raise AddressError(sentence.format(address=text.strip() or "“”"))
    return address


def hostOf(address: str) -> str:
    """Name of the computer in a full address, in small letters."""
    return urlsplit(address).hostname or ""


def originOf(address: str) -> str:
    """Scheme, computer and port of a full address: what trust is given to, as "https://liver.example.org:443"."""
    parts = urlsplit(address)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    return f"{parts.scheme}://{host}:{parts.port or (443 if parts.scheme == 'https' else 80)}"


def isInTheClear(address: str) -> bool:
    """Whether others in the network can read along what goes to a full address."""
    return urlsplit(address).scheme == "http" and not isThisComputer(address)


def isThisComputer(address: str) -> bool:
    """Whether a full address is one of this computer; names are not looked up."""
    host = hostOf(address)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def pathOf(*names: str) -> str:
    """Path of a request; each name may hold any character."""
    return "/" + "/".join(quote(name, safe="") for name in names)
