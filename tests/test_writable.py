"""What a role could change, for the doctor: told by its grants, without trying."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest

from connectors import open_source

pytestmark = pytest.mark.slow  # real processes


@pytest.fixture
def role(postgres_database: str) -> Iterator[tuple[psycopg.Connection, str, str]]:
    """A new role without any right, a connection of the owner, and the URL with which the role connects."""
    name = f"reader_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(postgres_database, autocommit=True) as owner:
        owner.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'p'".encode())
        owner.execute(
            "REVOKE ALL ON SCHEMA public FROM PUBLIC; CREATE TABLE orders (id int); CREATE TABLE users (id int)"
        )
        owner.execute(
            f"GRANT USAGE ON SCHEMA public TO {name}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}".encode()
        )
        yield owner, name, postgres_database.replace("postgresql://postgres:", f"postgresql://{name}:p", 1)
        owner.execute(f"DROP OWNED BY {name}; DROP ROLE {name}".encode())


def told(url: str) -> str | None:
    with open_source("shop", url) as source:
        return source.writable()


def test_a_superuser_can_do_everything(postgres_database):
    assert told(postgres_database) == "it is a superuser"


def test_a_role_that_may_only_read_can_change_nothing(role):
    assert told(role[2]) is None


@pytest.mark.parametrize("right", ["INSERT", "UPDATE", "DELETE", "TRUNCATE"])
def test_a_right_to_change_a_table_is_told_with_the_table(role, right):
    owner, name, url = role
    owner.execute(f"GRANT {right} ON users TO {name}".encode())
    assert told(url) == "change 1 table, for example public.users"


def test_rights_to_create_are_told(role):
    owner, name, url = role
    owner.execute(f"GRANT CREATE ON SCHEMA public TO {name}".encode())
    database = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    owner.execute(f"GRANT CREATE ON DATABASE {database} TO {name}".encode())
    assert told(url) == "create tables in public; create schemas"


def test_a_file_that_is_opened_for_reading_can_not_be_changed_by_anybody(tmp_path):
    (tmp_path / "t.csv").write_text("a\n1\n")
    assert told(f"files://{tmp_path}") is None
