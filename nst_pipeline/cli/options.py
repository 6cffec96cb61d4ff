"""Options that mirror settings, and former names of flags."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand

from nst_pipeline.cli.output import print_note
from nst_pipeline.settings import HarmonizeSettings, Section

CURRENT_FLAGS = {
    f"--{former.replace('_', '-')}": f"--{name.replace('_', '-')}"
    for former, name in HarmonizeSettings.renamed.items()
}
"""Former flag to current flag. A former flag is still accepted, with a note."""


class Command(TyperCommand):
    """A command that accepts flags under their former names without listing them in `--help`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Replace former flags by the current ones, then parse as usual."""
        current = [CURRENT_FLAGS.get(arg, arg) for arg in args]
        for former, now in zip(args, current, strict=True):
            if former != now and not ctx.resilient_parsing:
                print_note(f"{former} is now called {now}: use that")
        return super().parse_args(ctx, current)


def setting_option(section: type[Section], name: str, *, only_for: str = "") -> Any:
    """Declare an option that mirrors a setting: its flag, help, and inclusive bounds.

    The command gives the parameter's type and default: choices come from a `Literal`, and the
    default from an instance of the section.

    Parameters
    ----------
    section
        The section of the setting.
    name
        The setting. Its flag is the name with hyphens, for booleans, too.
    only_for
        The only `--method` that uses the option; empty if all do.

    Returns
    -------
    The value of `typer.Option`, to annotate a parameter with.
    """
    field = section.model_fields[name]
    bounds = {
        bound: getattr(limit, bound)
        for limit in field.metadata
        for bound in ("ge", "le")
        if hasattr(limit, bound)
    }
    suffix = f" Only with --method {only_for}." if only_for else ""
    return typer.Option(
        f"--{name.replace('_', '-')}",
        help=f"{field.description}{suffix}",
        min=bounds.get("ge"),
        max=bounds.get("le"),
    )
