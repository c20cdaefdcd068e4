"""gunicorn's threaded worker, with threads for requests only: who waits, waits outside (ABU-11).

As it comes, a connection that says nothing holds one of the few threads for five seconds, and the
rest of a refused upload is waited for by a thread and then by the loop that serves everybody. Here
both wait in the poller, which takes thousands. A proxy that buffers does the same and more.
"""

import contextlib
import resource
import selectors
import socket
import time
from collections import deque
from concurrent.futures import Future
from functools import partial
from typing import Any

from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

CONNECTIONS = 4000  # at once; a file each
SPARE_FILES = 200  # for everything else that this process opens
DRAIN_SECONDS = 0.05  # for the unread rest of a body, in a thread
LINGER_SECONDS = 2.0  # until a refused sender has read why
LINGER_BYTES = 2**20


class Worker(ThreadWorker):  # type: ignore[misc]
    lingering: "deque[TConn]"

    def init_process(self) -> None:
        self.lingering = deque()
        _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = (
            CONNECTIONS if hard == resource.RLIM_INFINITY else min(CONNECTIONS, hard - SPARE_FILES)
        )
        resource.setrlimit(resource.RLIMIT_NOFILE, (most + SPARE_FILES, hard))
        self.worker_connections = most
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """A new connection gets a thread when its first bytes are there."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
            return
        silent: Future[Any] = Future()
        silent.set_result(_DEFER)
        self.finish_request(conn, silent)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        if not keepalive:
            return False
        return bool(conn.parser.finish_body(deadline=time.monotonic() + DRAIN_SECONDS))

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        if fs.cancelled() or fs.exception() is not None or fs.result() or not self.alive:
            super().finish_request(conn, fs)
        else:
            self._linger(conn)

    def _linger(self, conn: TConn) -> None:
        """Closed on our side; what still comes is thrown away until the sender has seen it."""
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._let_go(conn)
            return
        conn.timeout, conn.thrown = time.monotonic() + LINGER_SECONDS, 0
        self.lingering.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._throw_away, conn))

    def _throw_away(self, conn: TConn, _sock: object) -> None:
        try:
            got = len(conn.sock.recv(65536))
        except BlockingIOError:
            return
        except OSError:
            got = 0
        conn.thrown += got
        if got == 0 or conn.thrown > LINGER_BYTES:
            self.lingering.remove(conn)
            self._leave(conn)

    def murder_pending(self) -> None:
        super().murder_pending()
        while self.lingering and self.lingering[0].timeout <= time.monotonic():
            self._leave(self.lingering.popleft())

    def _leave(self, conn: TConn) -> None:
        with contextlib.suppress(OSError, KeyError, ValueError):
            self.poller.unregister(conn.sock)
        self._let_go(conn)

    def _let_go(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()
