"""Errors that a person can act on: each names the file or setting and says what to do."""


class NstError(Exception):
    """Something the user can put right; the message is one line naming the thing and the remedy."""


class SettingError(NstError):
    """A setting is unknown or has a value that cannot be used."""


class SidecarError(NstError):
    """What a user laid beside a photo cannot be used; the message names file and entry."""


class UnreadableImageError(NstError):
    """A file is no usable picture: broken, empty, animated, oversized, or not an image."""


class ModelUnavailableError(NstError):
    """A model or its weights cannot be had; the message says how to get them."""
