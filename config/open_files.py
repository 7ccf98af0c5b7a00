"""Every waiting browser and every call to Segmind is an open file, and many systems begin with 1,024 (macOS: 256)."""

import resource

# macOS refuses more.
MOST = 10_240


def allow_many_open_files() -> None:
    """As many as the system lets this process, and those that it starts, have."""
    allowed, most_allowed = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST if most_allowed == resource.RLIM_INFINITY else min(MOST, most_allowed)
    if resource.RLIM_INFINITY != allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most_allowed))
