"""Pinned digests are checked before anything is loaded."""

import pytest
from upath import UPath

from nst_pipeline.cli.pictures.files import current_settings
from nst_pipeline.errors import SettingError
from nst_pipeline.pipeline.engine.plan import plan_asset
from nst_pipeline.pipeline.engine.snapshot import Snapshot
from nst_pipeline.pipeline.engine.workspace import open_workspace
from nst_pipeline.pipeline.steps.stickers import stickers


def _plan(root):
    return plan_asset(Snapshot(open_workspace(UPath(root))), stickers, ())


def test_a_network_with_another_digest_than_the_pinned_one_is_refused(tmp_path):
    found = _plan(tmp_path).models["cutout"]
    (tmp_path / "nst.toml").write_text(f'[run.sha256]\ncutout = "{found}"\n')
    assert _plan(tmp_path).models["cutout"] == found
    other = "0" * 64
    (tmp_path / "nst.toml").write_text(f'[run.sha256]\ncutout = "{other}"\n')
    with pytest.raises(SettingError, match=rf"run\.sha256\.cutout: .* {found}, not {other}"):
        _plan(tmp_path)


def test_commands_without_a_plan_check_pins_too(tmp_path, monkeypatch):
    (tmp_path / "nst.toml").write_text(f'[run.sha256]\ncutout = "{"0" * 64}"\n')
    monkeypatch.setenv("NST_DATA", str(tmp_path))
    with pytest.raises(SettingError, match=r"run\.sha256\.cutout: the file has the digest"):
        current_settings()


@pytest.mark.parametrize("pin", ['cutout = "abc"', f'unknown = "{"0" * 64}"'])
def test_a_pin_that_is_no_digest_or_has_an_unknown_name_is_refused(tmp_path, pin):
    (tmp_path / "nst.toml").write_text(f"[run.sha256]\n{pin}\n")
    with pytest.raises(SettingError, match=r"run\.sha256"):
        _plan(tmp_path)
