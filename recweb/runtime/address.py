"""Where the product listens, and under which names it may be called."""

import ipaddress
import os
import socket
from pathlib import Path

import psutil

from recweb.runtime.postgres import ServiceError

PORTS = 50  # how many to try from --port on
BACKLOG = 2048  # callers that wait to be taken; the kernel drops the next one for a second
ANYWHERE = ("0.0.0.0", "::", "")


def listen(host: str, port: int) -> tuple[socket.socket, int]:
    """An open socket on the first free port. We hold it, so that nobody takes it before the web
    server is up, and callers queue while that one starts again."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, min(port + PORTS, 65536)):
        opened = socket.socket(family, socket.SOCK_STREAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            opened.bind((host, candidate))
            opened.listen(BACKLOG)
        except PermissionError:
            opened.close()
            raise ServiceError(f"Port {candidate} is not ours to take: use --port 8000.") from None
        except socket.gaierror:
            opened.close()
            raise ServiceError(
                f"{host} is no address of this machine: use --host 127.0.0.1."
            ) from None
        except OSError as error:
            opened.close()
            if error.errno == 99:  # EADDRNOTAVAIL
                raise ServiceError(f"{host} is no address of this machine.") from None
            continue
        opened.set_inheritable(True)
        return opened, opened.getsockname()[1]
    raise ServiceError(f"The ports {port} to {port + PORTS - 1} are all busy: use --port.")


def address(host: str, port: int) -> str:
    name = "127.0.0.1" if host in ANYWHERE else host
    return f"http://{bracketed(name)}:{port}"


def bracketed(host: str) -> str:
    """As it stands in addresses and in the header Host."""
    return f"[{host}]" if ":" in host else host


def environment(folder: Path, host: str) -> dict[str, str]:
    """What the children see: ours, with every temporary file kept inside the data folder."""
    names = {"localhost", "127.0.0.1", "[::1]"}
    names |= {socket.gethostname(), *elsewhere(host)} if host in ANYWHERE else {bracketed(host)}
    return {
        **os.environ,
        "RECWEB_HOME": str(folder),
        "DJANGO_SETTINGS_MODULE": "recweb.settings",
        "ALLOWED_HOSTS": os.environ.get("ALLOWED_HOSTS", ",".join(sorted(names))),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder / "tmp"),
    }


def elsewhere(host: str) -> list[str]:
    """Names by which other machines reach what listens on `host`: the addresses of this machine's
    interfaces. Its own name often means the loopback alone here."""
    if host not in ANYWHERE:
        return []
    kinds = {socket.AF_INET, socket.AF_INET6} if host == "::" else {socket.AF_INET}
    found = [
        one.address
        for line in psutil.net_if_addrs().values()
        for one in line
        if one.family in kinds and not ipaddress.ip_address(one.address.split("%")[0]).is_loopback
    ]
    return [bracketed(name) for name in found if "%" not in name]  # a link's own need its zone
