"""Errors and warnings that a user can act on: each names the file or setting and the remedy."""

import re

_CODES = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*)?|[\0-\x08\x0e-\x1f\x7f-\x9f]")
"""What terminals obey: colors, such as the escape character and `[31m`, titles, and others."""


def without_codes(text: str) -> str:
    """Remove the colors that libraries put into their messages.

    Examples
    --------
    >>> without_codes("\\x1b[31mcould not open\\x1b[0m the log")
    'could not open the log'
    """
    return _CODES.sub("", text)


class NstError(Exception):
    """The user can fix this; the message is one line that says what is wrong and what to do."""


class SettingError(NstError):
    """A setting is unknown or has an unusable value."""


class SidecarError(NstError):
    """A file beside a photo (boxes, mask, placements) is unusable; names the file and the entry."""


class UnreadableImageError(NstError):
    """A file is not a usable picture: damaged, empty, animated, too large, or another format."""


class ModelUnavailableError(NstError):
    """A network or its weights are missing; the message says how to get them."""


class StorageError(NstError):
    """An object store cannot be used; the message says why, and what to do.

    It concerns everything that is read or written, never one photo.
    """


class AlertError(NstError):
    """An alert could not be sent; the message names the setting and the reason."""


class DamagedRecordError(NstError):
    """A record in the store cannot be read; the message names the file and the remedy."""


class DamagedCatalogError(NstError):
    """The catalog cannot be read; the message names the remedy."""


class RenamedSettingWarning(FutureWarning):
    """A setting is given under its former name, which a later version will refuse."""
