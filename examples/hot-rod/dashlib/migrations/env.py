"""What alembic runs: the migrations of the dashboard, on the database that DATABASE_URL names."""

import os

from alembic import context
from sqlalchemy import create_engine

url = os.environ["DATABASE_URL"]

if context.is_offline_mode():  # prints the SQL: its class is read from it
    context.configure(url=url, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(url).connect() as connection:
        context.configure(connection=connection, transactional_ddl=True)
        with context.begin_transaction():
            context.run_migrations()
