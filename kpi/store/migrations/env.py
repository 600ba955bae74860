"""How Alembic runs here: within the transaction the store has opened."""

from alembic import context

from kpi.store.database import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
