"""Check that networks and files are those that the settings pin, before any is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nst_pipeline.errors import SettingError
from nst_pipeline.pipeline.engine.asset import Asset
from nst_pipeline.settings import Settings


def check_digests(models: Mapping[str, str], settings: Settings) -> None:
    """Refuse networks and files that are not those that the settings pin.

    Parameters
    ----------
    models
        Digests by the names that the catalog uses.
    settings
        `run.sha256` has the digests that are wanted.

    Raises
    ------
    SettingError
        A digest differs; the message has both.
    """
    wanted = {str(name): digest for name, digest in settings.run.sha256.items()}
    for name, digest in models.items():
        pinned = wanted.get(name, digest)
        if pinned != digest:
            raise SettingError(
                f"run.sha256.{name}: the file has the digest {digest}, not {pinned}: get the right "
                "file, or pin this one"
            )


def check_pins(settings: Settings, assets: Iterable[Asset]) -> None:
    """Check the networks of all assets, for commands that run them without a plan.

    Raises
    ------
    SettingError
        As for `check_digests`.
    ModelUnavailableError
        A network is missing.
    """
    for asset in assets if settings.run.sha256 else ():
        check_digests(asset.models(settings), settings)
