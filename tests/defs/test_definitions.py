"""The code location as Dagster loads it."""

import subprocess
import sys

import dagster as dg
import pytest

from nst_pipeline.definitions import definitions_with, defs
from nst_pipeline.defs.resources import settings_when_loaded
from nst_pipeline.pipeline.steps import ASSETS, BY_NAME
from nst_pipeline.pipeline.steps.sticker_library import SCHEMA as LIBRARY_SCHEMA
from nst_pipeline.publish.dataset import SCHEMA
from nst_pipeline.settings import HarmonizeSettings, Settings


def test_loading_the_graph_imports_no_network_library():
    code = (
        "import sys, nst_pipeline.definitions;"
        "print({'tensorflow', 'keras', 'pymatting', 'sklearn', 'skimage'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_every_asset_is_described():
    graph = defs.resolve_asset_graph()
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == {n.name for n in ASSETS}
    for node in ASSETS:
        spec = defs.resolve_assets_def(node.name).get_asset_spec()
        assert spec.description
        assert spec.kinds
        assert spec.group_name
        assert spec.code_version.split(", settings ")[0] == node.code_version


def test_upstream_is_the_same_for_dagster_and_for_the_planner():
    for node in ASSETS:
        spec = defs.resolve_assets_def(node.name).get_asset_spec()
        assert {dep.asset_key.to_user_string() for dep in spec.deps} == {
            each.name for each in node.upstream_with(Settings())
        }


@pytest.mark.parametrize(("method", "waits"), [("auto", False), ("vgg19", True)])
def test_harmonized_waits_for_vgg_only_on_request(method, waits):
    """VGG is slow: without need, the result does not wait for it."""
    settings = Settings(harmonize=HarmonizeSettings(method=method))
    spec = definitions_with(settings).resolve_assets_def("harmonized").get_asset_spec()
    assert (dg.AssetKey("stylized_vgg19") in {dep.asset_key for dep in spec.deps}) == waits
    assert BY_NAME["harmonized"].upstream_with(settings).count(BY_NAME["stylized_vgg19"]) == waits


def test_unusable_settings_do_not_keep_the_ui_from_starting(tmp_path, monkeypatch):
    (tmp_path / "nst.toml").write_text("[harmonize]\nmethod = 'magic'\n")
    monkeypatch.setenv("NST_DATA", str(tmp_path))
    assert settings_when_loaded().harmonize.method == "auto"


@pytest.mark.parametrize(
    ("asset", "schema"), [("sticker_library", LIBRARY_SCHEMA), ("dataset", SCHEMA)]
)
def test_tables_describe_their_columns(asset, schema):
    metadata = defs.resolve_assets_def(asset).get_asset_spec().metadata
    columns = metadata["dagster/column_schema"].columns
    assert [each.name for each in columns] == schema.names
    assert all(each.description for each in columns)
