"""The values for Dagster's chart agree with the project; no cluster is needed to see that.

The run's job is built by the launcher's own code, from what the chart hands over to it.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml
from dagster._config import process_config, resolve_to_config_type
from dagster._core.run_coordinator import QueuedRunCoordinator
from dagster_k8s import K8sRunLauncher
from dagster_k8s.container_context import K8sContainerContext
from dagster_k8s.job import (
    DagsterK8sJobConfig,
    UserDefinedDagsterK8sConfig,
    construct_dagster_k8s_job,
)
from kubernetes.client import ApiClient

from nst_pipeline.settings import Settings
from nst_pipeline.settings.load import _NOT_SETTINGS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/kubernetes"
PAGE = (ROOT / "docs/how-to/kubernetes.md").read_text("utf-8")
VALUES = yaml.safe_load((FOLDER / "values.yaml").read_text("utf-8"))
LAUNCHER = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
COORDINATOR = VALUES["dagsterDaemon"]["runCoordinator"]["config"]["queuedRunCoordinator"]
(SERVER,) = VALUES["dagster-user-deployments"]["deployments"]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def snake(name: str) -> str:
    """Spell a name of the chart as the launcher does."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda found: "_" + found[0].lower(), name)


def image(values: dict[str, Any]) -> str:
    return f"{values['repository']}:{values['tag']}"


@pytest.fixture
def launcher() -> dict[str, Any]:
    """The launcher's configuration, as the chart writes it to dagster.yaml."""
    values = {snake(name): value for name, value in LAUNCHER.items()}
    values["env_secrets"] = [each["name"] for each in values["env_secrets"]]
    values["run_k8s_config"] = {snake(k): v for k, v in values["run_k8s_config"].items()}
    added = {"service_account_name": "dagster", "dagster_home": "/opt/dagster/dagster_home"}
    added |= {"instance_config_map": "nst-instance", "job_namespace": "nst"}
    secret = VALUES["global"]["postgresqlSecretName"]
    return {**values, **added, "postgres_password_secret": secret}


@pytest.fixture
def job(launcher) -> dict[str, Any]:
    """The Kubernetes job of a run, as it would be sent."""
    context = K8sContainerContext(
        image_pull_policy=launcher["image_pull_policy"],
        env_secrets=launcher["env_secrets"],
        volumes=launcher["volumes"],
        volume_mounts=launcher["volume_mounts"],
        run_k8s_config=UserDefinedDagsterK8sConfig.from_dict(launcher["run_k8s_config"]),
    )
    config = DagsterK8sJobConfig(
        job_image=image(SERVER["image"]),
        dagster_home=launcher["dagster_home"],
        instance_config_map=launcher["instance_config_map"],
        postgres_password_secret=launcher["postgres_password_secret"],
    )
    built = construct_dagster_k8s_job(
        config,
        ["dagster", "api", "execute_run"],
        "dagster-run-1a2b",
        user_defined_k8s_config=context.run_k8s_config,
    )
    return ApiClient().sanitize_for_serialization(built)


def test_dagster_accepts_what_the_chart_configures(launcher):
    for kind, config in (
        (K8sRunLauncher, launcher),
        (QueuedRunCoordinator, {snake(k): v for k, v in COORDINATOR.items()}),
    ):
        found = process_config(resolve_to_config_type(kind.config_type()), config)
        assert found.success, found.errors


def test_a_run_gets_image_data_and_room(job):
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["image"] == image(SERVER["image"])
    assert container["args"][:3] == ["dagster", "api", "execute_run"]
    env = {each["name"]: each.get("value") for each in container["env"]}
    assert env["NST_DATA"].startswith("s3://")
    assert env["DAGSTER_HOME"] == "/opt/dagster/dagster_home"
    secrets = [each["secretRef"]["name"] for each in container["envFrom"] if "secretRef" in each]
    assert secrets == ["nst-s3"]
    assert container["resources"] == LAUNCHER["runK8sConfig"]["containerConfig"]["resources"]
    assert "/tmp" in {each["mountPath"] for each in container["volumeMounts"]}
    pod = job["spec"]["template"]["spec"]
    assert pod["securityContext"] == {"runAsNonRoot": True, "runAsUser": 1000}
    assert pod["terminationGracePeriodSeconds"] == 60
    assert job["spec"]["ttlSecondsAfterFinished"] == 86400


def test_the_job_is_one_to_kubernetes(job):
    kubernetes_validate = pytest.importorskip("kubernetes_validate")
    kubernetes_validate.validate(job, kubernetes_validate.latest_version(), strict=True)


def test_server_and_runs_have_the_same_environment():
    assert SERVER["env"] == LAUNCHER["runK8sConfig"]["containerConfig"]["env"]
    assert SERVER["envSecrets"] == LAUNCHER["envSecrets"]
    # Else the server's small resources would be those of runs.
    assert SERVER["includeConfigInLaunchedRuns"] == {"enabled": False}


def test_names_are_those_of_the_project():
    names = [each["name"] for each in SERVER["env"]]
    sections = {f"NST_{each.upper()}__" for each in Settings.model_fields}
    own = [name for name in names if name.startswith("NST_")]
    assert [n for n in own if n not in _NOT_SETTINGS and not n.startswith(tuple(sections))] == []
    planned, value = (ROOT / ".env").read_text("utf-8").split()[-1].split("=")
    for part in (SERVER, VALUES["dagsterDaemon"], VALUES["dagsterWebserver"]):
        assert {"name": planned, "value": value} in part["env"]
    assert SERVER["dagsterApiGrpcArgs"] == ["--module-name", "nst_pipeline.definitions"]
    assert SERVER["image"]["tag"] == PROJECT["version"]


def test_runs_wait_for_one_another_as_on_postgres():
    postgres = yaml.safe_load((ROOT / "dagster_home/postgres/dagster.yaml").read_text("utf-8"))
    limits = postgres["concurrency"]["runs"]["tag_concurrency_limits"]
    assert COORDINATOR["tagConcurrencyLimits"] == limits


def test_the_lock_adds_to_that_of_the_image():
    def pins(path: Path) -> dict[str, str]:
        return dict(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", path.read_text(), re.M))

    own = pins(FOLDER / "requirements.lock")
    assert pins(ROOT / "requirements.lock").items() <= own.items(), "run `make lock`"
    assert own["dagster"] == dg.__version__ and "dagster-k8s" in own


def test_the_page_names_what_the_values_need():
    secrets = [VALUES["global"]["postgresqlSecretName"], SERVER["envSecrets"][0]["name"]]
    for name in (*secrets, SERVER["image"]["repository"], dg.__version__, "postgresql-password"):
        assert name in PAGE, name


def test_hadolint_has_no_complaint():
    hadolint = shutil.which("hadolint", path=Path(sys.executable).parent)
    if hadolint is None:
        pytest.skip("no hadolint here: `make setup-dev` installs it")
    done = subprocess.run(
        [hadolint, str(FOLDER / "Dockerfile")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
