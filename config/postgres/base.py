"""PostgreSQL through psycopg's pool, which notices that the server has gone, and that it is back
(Django's database backend `config.postgres`).

By itself the pool has everybody wait for a connection that nobody can open, tries again at ever longer intervals, and
after a restart gives out dead connections one by one. Here those who come while the server is away are told so at once,
which leaves threads for what needs no database; the first who reaches it opens the pool to all.
"""

from threading import Event
from typing import Any

from django.db.backends.postgresql import base

_is_away = Event()  # somebody has waited for this process's pool in vain


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL backend, for a server that is restarted now and then."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self.pool and _is_away.is_set():
            self.Database.connect(**conn_params).close()  # refused at once, as long as nobody is there
            _is_away.clear()
        try:
            return super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            _is_away.set()
            raise

    def _close(self) -> None:
        was_cut = self.connection is not None and self.connection.broken
        super()._close()
        if was_cut and self.pool:
            self.pool.check()  # those that were cut with it are not given to anybody
