"""What a release needs before it serves: the database migrated, static files collected. Quick when nothing changed."""

import hashlib
import os
import sys
from pathlib import Path

import django


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.exceptions import ImproperlyConfigured  # leaf: these need django.setup()
    from django.db import OperationalError

    from accounts.checks import require_keyring

    try:
        require_keyring()
        connect_once()
        migrate()
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")
    except OperationalError as error:
        sys.exit(f"The database does not answer: {error}")
    collect_static_files()


def connect_once() -> None:
    """Without the pool: nothing here needs several connections, and it would try for seconds, and not say why not."""
    from django.db import connection  # leaf: needs django.setup()

    del connection.settings_dict["OPTIONS"]["pool"]
    connection.ensure_connection()


def migrate() -> None:
    """Run the migrations that wait. Asking first saves the second that `migrate` spends on an up-to-date database."""
    from django.core.management import call_command  # leaf: these need django.setup()
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        print(f"Applying {len(waiting)} migrations.", flush=True)
        call_command("migrate", interactive=False, verbosity=0)


def collect_static_files() -> None:
    """Hash, compress and gather static files, unless the last time saw the very same ones."""
    from django.conf import settings  # leaf: these need django.setup()
    from django.core.management import call_command

    remembered = settings.STATIC_ROOT.with_suffix(".digest")
    digest = static_files_digest()
    if remembered.exists() and remembered.read_text() == digest:
        return
    print("Collecting static files.", flush=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    remembered.write_text(digest)


def static_files_digest() -> str:
    """Changes when a static file of ours or of a package does, or the code that processes them."""
    from django.contrib.staticfiles.finders import get_finders  # leaf: needs django.setup()

    digest = hashlib.sha256(Path(__file__).with_name("static.py").read_bytes())
    for finder in get_finders():
        for name, storage in sorted(finder.list(None), key=lambda found: found[0]):
            status = Path(storage.path(name)).stat()
            digest.update(f"{name} {status.st_size} {status.st_mtime_ns}\n".encode())
    return digest.hexdigest()


if __name__ == "__main__":
    main()
