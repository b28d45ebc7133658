"""PostgreSQL through psycopg's pool, which notices that the server has gone, and that it is back
(Django's database backend `config.postgres`).

By itself the pool has everybody wait for a connection that nobody can open, tries again at ever longer intervals, and
after a restart gives out dead connections one by one, or asks the server about each before it gives it out. Here those
who come while the server is away are told so at once, which leaves threads for what needs no database; the first who
reaches it opens the pool to all. What has been cut is seen from this side: there is something to read.
"""

import select
from threading import Event
from typing import Any

from django.db.backends.postgresql import base, operations
from psycopg import OperationalError
from psycopg.errors import FeatureNotSupported
from psycopg.pq import TransactionStatus

_is_away = Event()  # somebody has waited for this process's pool in vain


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """Of a prepared statement, too, as it would read with its values in it."""
        return super().last_executed_query(cursor, sql, params) or self.compose_sql(sql, params)


class PreparedCursor(base.ServerBindingCursor):
    """Its statements are parsed and planned once a connection; and again where a migration has changed what they read.

    :raises OperationalError: if that is noticed within a transaction. Its end forgets them: begun again, it goes well.
    """

    connection: Any

    def execute(self, query: str, params: Any = None) -> Any:
        try:
            return super().execute(query, params)
        except FeatureNotSupported as outdated:
            if self.connection.info.transaction_status != TransactionStatus.IDLE:
                raise OperationalError("a statement was prepared before a migration") from outdated
            self.connection.execute("DEALLOCATE ALL")
            return super().execute(query, params)


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's PostgreSQL backend, for a server that is restarted now and then."""

    ops_class = DatabaseOperations

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self.pool and _is_away.is_set():
            self.Database.connect(**conn_params).close()  # refused at once, as long as nobody is there
            _is_away.clear()
        try:
            connection = super().get_new_connection(conn_params)
            while self.pool and has_news(connection):
                self.pool.putconn(connection)
                self.pool.check()  # those that were cut with it are not given to anybody
                connection = super().get_new_connection(conn_params)
        except self.Database.OperationalError:
            _is_away.set()
            raise
        return connection

    def prepared_cursor(self) -> Any:
        """A cursor whose statements PostgreSQL parses and plans once a connection, not each time."""
        with self.wrap_database_errors:
            self.ensure_connection()
            return self._prepare_cursor(PreparedCursor(self.connection))  # type: ignore[attr-defined,call-arg]

    def _close(self) -> None:
        was_cut = self.connection is not None and self.connection.broken
        super()._close()
        if was_cut and self.pool:
            self.pool.check()


def has_news(connection: Any) -> bool:
    """Whether the server has said something that nobody asked for: mostly, that it has hung up."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
