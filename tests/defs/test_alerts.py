"""Failed runs and failed checks are told to local servers, as a daemon's tick would."""

import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import dagster as dg
import pytest

from nst_pipeline.defs.alerts import check_alert, failure_alert
from nst_pipeline.defs.resources import CollectionResource
from nst_pipeline.defs.tags import FAILED_RUNS
from nst_pipeline.errors import AlertError, SettingError
from nst_pipeline.publish.alerts import Alert, send_alert
from nst_pipeline.settings import AlertsSettings, load_section

ALERT = Alert("scenes_job failed", "the disk is full", "scenes_job", "1a2b", "http://ui/runs/1a2b")


class _Hook(BaseHTTPRequestHandler):
    """Keeps the bodies of POST requests; refuses those to /refuse."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((self.path, json.loads(body)))
        self.send_response(503 if self.path == "/refuse" else 200)
        self.end_headers()

    def log_message(self, *_):
        pass


class _MailServer(socketserver.StreamRequestHandler):
    """Takes one message, as RFC 5321 says."""

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        while line := self.rfile.readline():
            command = line[:4].upper().strip()
            if command == b"DATA":
                self.wfile.write(b"354 go\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.received.append(b"".join(lines).decode())
            self.wfile.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")
            if command == b"QUIT":
                return


@pytest.fixture
def serve():
    """Start servers on this machine, and return each with the list of what it received."""
    servers = []

    def start(kind, handler):
        server = kind(("127.0.0.1", 0), handler)
        server.received = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def hook(serve):
    server = serve(HTTPServer, _Hook)
    server.url = f"http://127.0.0.1:{server.server_address[1]}"
    return server


def alerts(**values) -> AlertsSettings:
    return load_section(AlertsSettings, values, "alerts")


def test_an_alert_goes_to_webhook_slack_and_mail(hook, serve):
    mail = serve(socketserver.TCPServer, _MailServer)
    settings = alerts(
        webhook=f"{hook.url}/hook",
        slack=f"{hook.url}/slack",
        mail_to=["night@example.org"],
        smtp=f"smtp://127.0.0.1:{mail.server_address[1]}",
    )
    assert send_alert(settings, ALERT) == ["alerts.webhook", "alerts.slack", "alerts.smtp"]
    (_, to_hook), (_, to_slack) = hook.received
    assert to_slack == {"text": "scenes_job failed\nthe disk is full\nhttp://ui/runs/1a2b"}
    assert to_hook == to_slack | vars(ALERT)
    (message,) = mail.received
    assert "Subject: nst_pipeline: scenes_job failed\r\n" in message
    assert "To: night@example.org\r\n" in message and "the disk is full" in message


def test_what_is_not_set_is_not_used():
    assert send_alert(AlertsSettings(), ALERT) == []


def test_an_alert_that_is_refused_is_tried_again_and_the_others_are_sent(hook):
    settings = alerts(webhook=f"{hook.url}/refuse", slack=f"{hook.url}/slack")
    with pytest.raises(AlertError, match=r"alerts\.webhook: HTTP Error 503"):
        send_alert(settings, ALERT, pauses=(0, 0))
    assert [path for path, _ in hook.received] == ["/refuse"] * 3 + ["/slack"]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"webhook": "hooks.example.org"}, "alerts.webhook: not an address that starts with"),
        ({"mail_to": ["a@example.org"]}, "needs alerts.smtp"),
        ({"mail_to": ["a@example.org"], "smtp": "mail.example.org"}, "needs alerts.smtp"),
    ],
)
def test_an_address_that_cannot_work_is_refused(values, message):
    with pytest.raises(SettingError, match=message):
        alerts(**values)


@dg.asset(check_specs=[dg.AssetCheckSpec(name, asset="sheet") for name in ("sharp", "whole")])
def sheet(context: dg.AssetExecutionContext):
    if "fail" in context.run.tags:
        raise dg.Failure("the disk is full")
    if "repeat" in context.run.tags:
        raise dg.Failure("run 1a2b (scenes): the disk is full", metadata={FAILED_RUNS: ["1a2b"]})
    offender = dg.MetadataValue.table([dg.TableRecord({"key": "barn"})])
    yield dg.Output(None)
    yield dg.AssetCheckResult(check_name="sharp", passed=False, metadata={"images": offender})
    warn = dg.AssetCheckSeverity.WARN
    yield dg.AssetCheckResult(check_name="whole", passed=False, severity=warn)


@pytest.fixture
def told_about(tmp_path, monkeypatch, hook):
    """Execute a run with some tags, and call a sensor for it; return the run's id."""
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("NST_ALERTS__WEBHOOK", hook.url)
    collection = CollectionResource(data=str(tmp_path / "data"))
    job = dg.Definitions(
        assets=[sheet], jobs=[dg.define_asset_job("sheet_job")], executor=dg.in_process_executor
    ).resolve_job_def("sheet_job")

    def call(sensor, tags):
        with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
            done = job.execute_in_process(instance=instance, tags=tags, raise_on_error=False)
            context = dg.build_run_status_sensor_context(
                sensor_name=sensor.name,
                dagster_event=done.all_events[-1],
                dagster_instance=instance,
                dagster_run=done.dagster_run,
            )
            if sensor is failure_alert:
                context = context.for_run_failure()
            sensor(context, collection=collection)
        return done.run_id

    return call


def test_a_failed_run_is_told_with_the_reason_and_its_page(hook, told_about):
    run_id = told_about(failure_alert, {"fail": "1"})
    ((_, told),) = hook.received
    assert told["title"] == "sheet_job failed"
    assert (told["reason"], told["run_id"]) == ("the disk is full", run_id)
    assert told["url"] == f"http://localhost:3000/runs/{run_id}"


def test_a_failure_that_repeats_other_runs_is_not_told_again(hook, told_about):
    told_about(failure_alert, {"repeat": "1"})
    assert hook.received == []


@pytest.mark.parametrize(
    ("checks", "reasons"),
    [
        ("error", ["sheet, check sharp: 1"]),
        ("warning", ["sheet, check sharp: 1", "sheet, check whole"]),
        ("none", None),
    ],
)
def test_failed_checks_are_told_as_set(hook, told_about, monkeypatch, checks, reasons):
    monkeypatch.setenv("NST_ALERTS__CHECKS", checks)
    told_about(check_alert, {})
    told = [body["reason"].splitlines() for _, body in hook.received]
    assert told == ([] if reasons is None else [reasons])
