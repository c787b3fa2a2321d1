"""The schema: migrations build what the tables say, and never without a way back."""

from __future__ import annotations

import importlib
import io
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import Table, insert, select, text, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from webapp.errors import ConfigurationError
from webapp.store import schema
from webapp.store.database import Database
from webapp.store.schema import migrate
from webapp.store.tables import metadata
from webapp.store.users import User

_SCRIPTS = Path(schema.__file__).parent / "migrations"
_NEWEST = max(file.stem for file in (_SCRIPTS / "versions").glob("[0-9]*.py"))


def test_migrations_build_exactly_the_tables(database: Database) -> None:
    with database.reading() as connection:
        options = {"compare_type": True, "include_name": _not_of_search}
        context = MigrationContext.configure(connection, opts=options)

        differences = compare_metadata(context, metadata)

    assert differences == []


def test_each_migration_is_named_like_its_revision_so_that_order_and_version_can_be_told() -> None:
    scripts = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))

    named = [(script.revision, Path(script.path).stem) for script in scripts.walk_revisions()]

    assert all(revision == stem for revision, stem in named)
    assert max(stem for _, stem in named) == scripts.get_current_head()


def test_an_up_to_date_database_is_left_alone(database: Database) -> None:
    before = sorted(file.name for file in database.file.parent.iterdir())

    migrate(database)

    assert sorted(file.name for file in database.file.parent.iterdir()) == before


def test_a_newer_database_is_refused_in_one_sentence(database: Database) -> None:
    _set_version(database, "9999_from_the_future")

    with pytest.raises(ConfigurationError) as refused:
        migrate(database)

    assert str(refused.value) == (
        f"{database.file} was written by a newer Liaochat (schema 9999_from_the_future). "
        "Install that version, or restore the snapshot that lies beside the file."
    )


def test_an_older_database_is_kept_as_a_snapshot_before_it_is_migrated(
    database: Database, owner: User, tmp_path: Path
) -> None:
    scripts = _scripts_with_one_migration_more(tmp_path)

    migrate(database, scripts=scripts)

    with database.reading() as connection:
        columns = connection.execute(text("SELECT extra, name FROM users")).all()
    with closing(sqlite3.connect(tmp_path / f"liaochat-before-{_NEWEST}.db")) as snapshot:
        version = snapshot.execute("SELECT version_num FROM alembic_version").fetchall()
        names = snapshot.execute("SELECT name FROM users").fetchall()
    assert columns == [(None, owner.name)]
    assert version == [(_NEWEST,)]
    assert names == [(owner.name,)]


def test_a_migration_that_fails_leaves_the_database_as_it_was(
    database: Database, owner: User, tmp_path: Path
) -> None:
    scripts = _scripts_with_one_migration_more(tmp_path, failing=True)

    with pytest.raises(ZeroDivisionError):
        migrate(database, scripts=scripts)

    with database.reading() as connection:
        version = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        row = connection.execute(text("SELECT * FROM users")).one()
    assert version == _NEWEST
    assert "extra" not in row._fields
    assert row.name == owner.name


def test_a_file_that_is_not_a_database_is_refused_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "liaochat.db"
    file.write_bytes(b"this is no database, whatever its name says" * 50)
    database = Database(file)

    with pytest.raises(ConfigurationError) as refused:
        migrate(database)

    assert str(file) in str(refused.value)
    assert "\n" not in str(refused.value)
    database.close()


def test_a_folder_that_is_not_there_is_refused_in_one_sentence(tmp_path: Path) -> None:
    database = Database(tmp_path / "nowhere" / "liaochat.db")

    with pytest.raises(ConfigurationError, match="nowhere"):
        migrate(database)

    database.close()


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_and_its_statements_compile_for_postgresql(table: Table) -> None:
    dialect = postgresql.dialect()

    compiled = [
        str(CreateTable(table).compile(dialect=dialect)),
        *(str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes),
        str(insert(table).compile(dialect=dialect)),
        str(select(table).compile(dialect=dialect)),
        str(update(table).compile(dialect=dialect)),
    ]

    assert compiled[0].strip().startswith(f"CREATE TABLE {table.name}")


def test_a_conversation_has_one_running_answer_on_postgresql_too() -> None:
    written = io.StringIO()
    migration = importlib.import_module("webapp.store.migrations.versions.0001_first_tables")
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written}
    )

    with Operations.context(context):
        migration.upgrade()

    assert (
        "CREATE UNIQUE INDEX uq_generations_running ON generations (conversation_id) "
        "WHERE state = 'running';"
    ) in written.getvalue()


def _not_of_search(name: str | None, kind: str, _parents: object) -> bool:
    """What SQLite searches in is no table that PostgreSQL shares."""
    return kind != "table" or not (name or "").startswith("search_")


def _set_version(database: Database, version: str) -> None:
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def _scripts_with_one_migration_more(folder: Path, *, failing: bool = False) -> Path:
    """Copy the migrations and add one, as a later version would have it."""
    source = Path(schema.__file__).parent / "migrations"
    target = folder / "migrations"
    (target / "versions").mkdir(parents=True)
    (target / "env.py").write_text((source / "env.py").read_text())
    for file in (source / "versions").glob("[0-9]*.py"):
        (target / "versions" / file.name).write_text(file.read_text())
    (target / "versions" / "9000_more.py").write_text(
        "import sqlalchemy as sa\n"
        "from alembic import op\n"
        f"revision, down_revision = '9000_more', '{_NEWEST}'\n"
        "def upgrade():\n"
        "    op.add_column('users', sa.Column('extra', sa.Text()))\n"
        + ("    1 / 0\n" if failing else "")
    )
    return target
