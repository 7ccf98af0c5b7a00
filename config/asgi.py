"""The web application as an ASGI server runs it: static files in front, Django behind."""

import gc
import os

import django

from config.open_files import allow_many_open_files
from config.static import with_static_files

allow_many_open_files()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup(set_prefix=False)

from accounts.checks import require_keyring  # noqa: E402 - Django has to be set up
from config.handler import Handler  # noqa: E402 - it loads the middleware

require_keyring()
application = with_static_files(Handler())

# All that is loaded by now stays for good; the collector need not look through it again and again.
gc.collect()
gc.freeze()
