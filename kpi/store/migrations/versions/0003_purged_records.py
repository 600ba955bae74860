"""A purge may empty a record: the one change of a record that the database lets through.

Only content and reason go, and only where the record of a purge is there that names the row's hash.
"""

from alembic import op

revision = "0003"
down_revision = "0002"

SAME = ("number", "kind", "key", "version", "who", "at", "hash")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER record_no_update")
        op.execute(
            f"CREATE TRIGGER record_no_update BEFORE UPDATE ON record WHEN NOT ({_purges('instr')}) "
            "BEGIN SELECT RAISE(ABORT, 'record is append-only'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION kpi_record_update() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {_purges('strpos')} THEN RETURN NEW; END IF; "
        "RAISE EXCEPTION 'record is append-only'; END $$"
    )
    op.execute("DROP TRIGGER record_append_only ON record")
    op.execute(
        "CREATE TRIGGER record_append_only BEFORE DELETE OR TRUNCATE ON record "
        "FOR EACH STATEMENT EXECUTE FUNCTION kpi_append_only()"
    )
    op.execute(
        "CREATE TRIGGER record_update_append_only BEFORE UPDATE ON record "
        "FOR EACH ROW EXECUTE FUNCTION kpi_record_update()"
    )


def _purges(place_of: str) -> str:
    """The condition under which a change of a row is a purge; ``place_of`` finds text in text."""
    same = " AND ".join(f"NEW.{name} = OLD.{name}" for name in SAME)
    return (
        f"{same} AND NEW.why = '' AND NEW.value <> OLD.value AND OLD.kind <> 'purge' AND EXISTS (SELECT 1 FROM record AS p "
        "WHERE p.kind = 'purge' AND p.key = OLD.key AND p.number > OLD.number "
        "AND NEW.value = '{\"purged\":' || p.number || '}' "
        f"AND {place_of}(p.value, '\"hash\":\"' || OLD.hash || '\"') > 0)"
    )


def downgrade() -> None:
    raise NotImplementedError("A purged record cannot be brought back; restore a backup instead.")
