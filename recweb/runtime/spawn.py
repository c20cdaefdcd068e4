"""Start a child that cannot outlive us: own session, private files, a signal when we die."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x20080522
# of numpy's and torch's mathematics, read when they are imported
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def spawn(
    command: Sequence[str | Path],
    log: Path,
    *,
    death: signal.Signals = signal.SIGTERM,
    env: Mapping[str, str] | None = None,
    account: pwd.struct_passwd | None = None,
    through_walls: bool = False,
    cwd: Path | None = None,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Run the command with its output appended to the log; `death` reaches it when we die.

    "We" is the calling thread, says the kernel: call it from the main one.
    account: whom to run it as (root only); through_walls: let that account pass folders that are
    closed to it, for a checkout below a private folder such as /root.
    """
    parent = os.getpid()

    def prepare() -> None:
        os.umask(0o077)
        if account is not None:
            become(account, through_walls)
        die_with_parent(death, parent)

    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    out = os.open(log, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    try:
        return subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=dict(env) if env is not None else None,
            start_new_session=True,  # Ctrl+C reaches only the supervisor, which stops in order
            preexec_fn=prepare,
            cwd=cwd,
            pass_fds=pass_fds,
        )
    finally:
        os.close(out)


def die_with_parent(death: signal.Signals, parent: int | None = None) -> None:
    """Ask the kernel for that signal when the parent dies, also by kill -9 (Linux only)."""
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(death), 0, 0, 0)
    if parent is not None and os.getppid() != parent:  # it died before we had asked
        os.kill(os.getpid(), signal.SIGKILL)


def become(account: pwd.struct_passwd, through_walls: bool) -> None:
    """Give up root for good; keep, when asked, only the right to pass closed folders."""
    assert _libc is not None
    os.setgroups([])
    os.setgid(account.pw_gid)
    if through_walls:
        _libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setuid(account.pw_uid)
    if through_walls:
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        bit = 1 << CAP_DAC_OVERRIDE
        data = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        if _libc.capset(header, data) != 0:
            raise OSError(ctypes.get_errno(), "capset")
        _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def as_account(account: pwd.struct_passwd | None, through_walls: bool) -> Callable[[], None] | None:
    """The same change of account for a command that is waited for (initdb)."""
    if account is None:
        return None
    return lambda: become(account, through_walls)


def stop(child: subprocess.Popen[bytes], how: signal.Signals, seconds: float) -> None:
    """Ask, wait, and then end it and everything it started."""
    if child.poll() is None:
        child.send_signal(how)
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            pass
    end_group(child.pid)
    child.wait()


def end_group(group: int) -> None:
    """kill -9 whatever is left of the child's session."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
