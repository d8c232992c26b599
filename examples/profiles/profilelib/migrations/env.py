"""What alembic runs: the migrations of the site, on the database that DATABASE_URL names."""

import os

from alembic import context
from sqlalchemy import create_engine

if context.is_offline_mode():  # prints the SQL, for whoever wants to know what it would do
    context.configure(url=os.environ["DATABASE_URL"], literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
else:
    with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
        context.configure(connection=connection, transactional_ddl=True)
        with context.begin_transaction():
            context.run_migrations()
