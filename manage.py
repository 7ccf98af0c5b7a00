#!/usr/bin/env python
"""Django's commands for this project."""

import asyncio
import os
import sys

import uvloop
from django.core.management import execute_from_command_line

from config.open_files import allow_many_open_files

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    allow_many_open_files()
    # The worker runs on an event loop of this policy, and uvloop is the quicker one.
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    execute_from_command_line(sys.argv)
