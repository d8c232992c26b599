"""Runs migrations on the connection that `flightrules.state.schema` hands over, and on no other."""

from alembic import context

from flightrules.state.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
