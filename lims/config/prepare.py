"""python -m lims.config.prepare: the database's tables and the static files, after the packages are there."""

from __future__ import annotations

import os

import django
from django.conf import settings
from django.core.management import call_command


def main() -> None:
    """Migrating a production database is a decision of its own: deploy.md says when."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "lims.config.settings")
    django.setup()
    call_command("collectstatic", interactive=False, verbosity=0)
    if not settings.IS_PRODUCTION:
        call_command("migrate", interactive=False, verbosity=0)
        call_command("createcachetable", verbosity=0)


if __name__ == "__main__":
    main()
