"""The launchpad's forms: what is offered, what is refused, what is written out to copy."""

import dagster as dg
import pytest
import yaml

from nst_pipeline.definitions import defs
from nst_pipeline.defs.assets.config import example, form, with_form
from nst_pipeline.errors import SettingError
from nst_pipeline.pipeline.steps import ASSETS, BY_NAME
from nst_pipeline.settings import Settings

WITH_SETTINGS = [node for node in ASSETS if node.settings]


def filled(name: str, **sections: dict) -> dg.Config:
    return form(BY_NAME[name])(**sections)


@pytest.mark.parametrize("node", WITH_SETTINGS, ids=lambda node: node.name)
def test_the_example_of_defaults_is_accepted_and_changes_nothing(node):
    text = example(node).split("```yaml\n")[1].removesuffix("```")
    config = yaml.safe_load(text)
    job = defs.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection={dg.AssetKey(node.name)}
    )
    assert dg.validate_run_config(job, config)
    sections = config["ops"][node.name]["config"]
    assert with_form(Settings(), node, form(node)(**sections)) == Settings()


def test_an_unknown_choice_is_refused_by_name_before_a_run_starts():
    job = defs.resolve_implicit_global_asset_job_def().get_subset(
        asset_selection={dg.AssetKey("harmonized")}
    )
    config = {"ops": {"harmonized": {"config": {"harmonize": {"look": "sketch"}}}}}
    with pytest.raises(dg.DagsterInvalidConfigError, match="sketch"):
        dg.validate_run_config(job, config)


def test_fields_left_empty_keep_the_settings():
    given = Settings(harmonize={"strength": 0.3, "look": "painting"})
    changed = with_form(
        given, BY_NAME["harmonized"], filled("harmonized", harmonize={"look": "photo"})
    )
    assert changed.harmonize.look == "photo"
    assert changed.harmonize.strength == 0.3


def test_a_value_out_of_range_is_named():
    with pytest.raises(SettingError, match=r"harmonize\.strength"):
        with_form(
            Settings(), BY_NAME["harmonized"], filled("harmonized", harmonize={"strength": 2.0})
        )


def test_a_run_uses_the_values_from_the_launchpad(collection):
    key = next(key for key, row in collection.rows("harmonized").items() if row.status == "ok")
    with collection.instance() as instance:
        result = collection.job("scenes").execute_in_process(
            instance=instance,
            partition_key=key,
            asset_selection=[dg.AssetKey("harmonized")],
            run_config={"ops": {"harmonized": {"config": {"harmonize": {"method": "ring"}}}}},
        )
    assert result.success
    assert collection.rows("harmonized")[key].figures["chosen"] == "ring"
