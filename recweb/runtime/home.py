"""Where this installation keeps everything it writes: one folder, private to its owner."""

import hashlib
import os
import secrets
import stat
from pathlib import Path
from urllib.parse import quote

BASE = Path(__file__).resolve().parent.parent.parent
SOCKET_PATH_LIMIT = 107  # bytes, of the kernel: sun_path without its closing zero
FOLDERS = ("secrets", "uploads", "artifacts", "logs", "spool", "static", "run", "tmp", "valkey")


def home() -> Path:
    return Path(os.environ.get("RECWEB_HOME") or BASE / "var").resolve()


def prepare(folder: Path) -> None:
    """Make the folder and what it holds, with the modes that keep others out."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # as root, Postgres runs as somebody else, who must pass through but may not look around
    close(folder, 0o711 if os.geteuid() == 0 else 0o700)
    for name in FOLDERS:
        (folder / name).mkdir(mode=0o700, exist_ok=True)
        close(folder / name, 0o700)


def close(path: Path, mode: int) -> None:
    if stat.S_IMODE(path.stat().st_mode) != mode:
        path.chmod(mode)


def socket_folder(folder: Path, service: str) -> Path:
    """Where the service's socket lives: in the installation, or, when its path is too long for a
    socket, in a short private folder of the machine's."""
    inside = folder / service / "run"
    if len(os.fsencode(inside / ".s.PGSQL.5432")) <= SOCKET_PATH_LIMIT:
        return inside
    mark = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path("/tmp") / f"recweb-{os.geteuid()}-{mark}" / service


def secret(name: str, length: int = 50) -> str:
    """The secret of that name; made on first use, 0600, in a 0700 folder."""
    folder = home() / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    if not path.exists():
        _make_secret(path, secrets.token_urlsafe(length))
    return path.read_text().strip()


def _make_secret(path: Path, value: str) -> None:
    """Whole or not at all: two processes starting together end up with one secret, never half."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(value)
    try:
        os.link(draft, path)  # fails when the other one was first: theirs counts
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def database_url() -> str:
    """The embedded server's address: a unix socket in a folder that only its owner may enter."""
    return f"postgres://recweb@/recweb?host={quote(str(socket_folder(home(), 'postgres')))}"


def broker_socket(folder: Path) -> Path:
    return socket_folder(folder, "valkey") / "valkey.sock"


def broker_url() -> str:
    return f"redis+socket://:{secret('valkey')}@{quote(str(broker_socket(home())))}"
