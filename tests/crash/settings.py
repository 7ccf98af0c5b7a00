"""The site's own settings, with fail points."""

import os
from pathlib import Path

from config.settings import *  # noqa: F403 - all but one

FAIL_POINTS = Path(os.environ["FAIL_POINTS"])
