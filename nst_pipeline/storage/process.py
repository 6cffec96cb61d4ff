"""Whether a process of this machine is still there."""

from __future__ import annotations

import os


def is_alive(process: int) -> bool:
    """Whether some process has that id now; ids are used again."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    return True
