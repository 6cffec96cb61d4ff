"""Tells people that something failed: by webhook, Slack, and mail, as the settings say."""

from __future__ import annotations

import json
import smtplib
import ssl
import time
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from urllib.parse import SplitResult, unquote, urlsplit

from nst_pipeline.errors import AlertError
from nst_pipeline.settings import AlertsSettings

_TIMEOUT_SECONDS = 8.0
_PAUSES = (1.0, 3.0)
"""Seconds before the second and the third try. With three tries of three ways, an alert takes less
than the 60 seconds that Dagster allows a sensor, unless everything hangs."""


@dataclass(frozen=True)
class Alert:
    """What happened.

    Attributes
    ----------
    title
        One line: which job failed.
    reason
        Why, one line for each cause.
    job
        Name of the job.
    run_id
        Id of its run.
    url
        The run's page in the Dagster UI.
    """

    title: str
    reason: str
    job: str
    run_id: str
    url: str

    @property
    def text(self) -> str:
        """All of it, as plain text."""
        return f"{self.title}\n{self.reason}\n{self.url}"


def _post(address: str, body: dict[str, str]) -> None:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(address, json.dumps(body).encode(), headers)
    urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS).close()


def _connect(server: SplitResult) -> smtplib.SMTP:
    """Connect to a mail server; encrypted if it is `smtps`, or offers STARTTLS."""
    assert server.hostname is not None
    context = ssl.create_default_context()
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(
            server.hostname, server.port or 465, timeout=_TIMEOUT_SECONDS, context=context
        )
    connection = smtplib.SMTP(server.hostname, server.port or 25, timeout=_TIMEOUT_SECONDS)
    connection.ehlo()
    if connection.has_extn("starttls"):
        connection.starttls(context=context)
    return connection


def _mail(settings: AlertsSettings, alert: Alert) -> None:
    server = urlsplit(settings.smtp)
    message = EmailMessage()
    message["Subject"] = f"nst_pipeline: {alert.title}"
    message["From"] = settings.mail_from or settings.mail_to[0]
    message["To"] = ", ".join(settings.mail_to)
    message.set_content(alert.text)
    with _connect(server) as connection:
        if server.username:
            connection.login(unquote(server.username), unquote(server.password or ""))
        connection.send_message(message)


def _ways(settings: AlertsSettings, alert: Alert) -> dict[str, Callable[[], None]]:
    """Return how to send an alert, by the name of the setting."""
    ways: dict[str, Callable[[], None]] = {}
    if settings.webhook:
        body = {"text": alert.text, **asdict(alert)}
        ways["alerts.webhook"] = lambda: _post(settings.webhook, body)
    if settings.slack:
        ways["alerts.slack"] = lambda: _post(settings.slack, {"text": alert.text})
    if settings.mail_to:
        ways["alerts.smtp"] = lambda: _mail(settings, alert)
    return ways


def _try(send: Callable[[], None], pauses: tuple[float, ...]) -> str:
    """Send, again after each pause; return why the last try failed, or an empty string."""
    reason = ""
    for pause in (0.0, *pauses):
        time.sleep(pause)
        try:
            send()
        except (OSError, smtplib.SMTPException) as error:
            reason = str(error) or type(error).__name__
        else:
            return ""
    return reason


def send_alert(
    settings: AlertsSettings, alert: Alert, *, pauses: tuple[float, ...] = _PAUSES
) -> list[str]:
    """Send an alert in all the ways that are set.

    Parameters
    ----------
    settings : AlertsSettings
        Where to send it.
    alert : Alert
        What happened.
    pauses : tuple of float
        Seconds to wait before each further try.

    Returns
    -------
    list of str
        Names of the settings by which it was sent; none if none are set.

    Raises
    ------
    AlertError
        It could not be sent in one of the ways. The others were used.
    """
    failed = {name: _try(send, pauses) for name, send in _ways(settings, alert).items()}
    if reasons := [f"{name}: {reason}" for name, reason in failed.items() if reason]:
        raise AlertError(f"the alert '{alert.title}' was not sent: {'; '.join(reasons)}")
    return list(failed)
