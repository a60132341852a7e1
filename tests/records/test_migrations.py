"""The database can be built, taken down to nothing and built again; models and migrations agree."""

from __future__ import annotations

import json
from pathlib import Path

from django.apps import apps
from django.core.management import call_command

SHAPE = """
from django.core.management import call_command
from django.db import connection
import json
def shape():
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'")
        else:
            cursor.execute(
                "SELECT 'table', tablename FROM pg_tables WHERE schemaname = 'public'"
                " UNION SELECT 'trigger', tgname FROM pg_trigger WHERE NOT tgisinternal"
                " UNION SELECT 'index', indexname FROM pg_indexes WHERE schemaname = 'public'"
            )
        return sorted(map(list, cursor.fetchall()))
"""
DOWN_AND_UP = (
    SHAPE
    + """
from django.db.migrations.executor import MigrationExecutor
before = shape()
graph = MigrationExecutor(connection).loader.graph
roots = [(app, None) for app in {app for app, _name in graph.leaf_nodes()}]
MigrationExecutor(connection).migrate(roots)
empty = shape()
call_command("migrate", verbosity=0)
print(json.dumps([before, empty, shape()]))
"""
)


def test_models_and_migrations_agree(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_all_the_way_down_and_up_again(slow_place):
    before, empty, after = json.loads(slow_place.run(DOWN_AND_UP))

    own = [name for kind, name in before if kind == "trigger"]
    assert len(own) > 60
    left = [name for _kind, name in empty if not name.startswith(("django_migrations", "django_cache"))]
    assert left == []
    assert after == before


def test_every_migration_has_a_name_that_says_its_purpose():
    unnamed = [
        f"{config.name}.{path.stem}"
        for config in apps.get_app_configs()
        if config.name.startswith(("lims", "certificates", "consulting", "training"))
        for path in Path(config.path).glob("migrations/0*.py")
        if "_auto_" in path.stem
    ]

    assert unnamed == []
