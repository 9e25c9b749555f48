"""The ways out: e-mail and webhooks."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from app.doctor import Finding, Patient
from app.errors import AppError
from app.outbox.schema import webhook_subscribers
from app.smtp import Post

ORDER = 70
NEEDS_DATABASE = True


def check(patient: Patient) -> Iterator[Finding]:
    """Whether alerts and reports reach anybody."""
    yield _mail(patient)
    yield _webhooks(patient)


def _mail(patient: Patient) -> Finding:
    settings = patient.settings
    if not settings.smtp_url:
        todo = (
            "set VIGIE_SMTP_URL, VIGIE_MAIL_FROM and VIGIE_MAIL_DOMAINS to mail alerts and reports"
        )
        return Finding("e-mail", "look", "no mail server is set: nothing is mailed", todo)
    try:
        Post.of(settings.smtp_url, settings.mail_from)
    except AppError as error:
        return Finding("e-mail", "ill", str(error), "mend VIGIE_SMTP_URL and VIGIE_MAIL_FROM")
    if not settings.mailable:
        todo = "set VIGIE_MAIL_DOMAINS=example.com,… to the domains of your people"
        return Finding("e-mail", "ill", "no domain may be mailed", todo)
    return Finding("e-mail", "well", f"from {settings.mail_from} to {settings.mail_domains}")


def _webhooks(patient: Patient) -> Finding:
    assert patient.database is not None
    failing = select(
        func.count(), func.count().filter(webhook_subscribers.c.failures > 0)
    ).select_from(webhook_subscribers)
    with patient.database.engine.connect() as connection:
        many, ill = connection.execute(failing).one()
    if ill:
        seen = f"{ill} of {many} receivers refuse what they are told"
        return Finding("webhooks", "look", seen, "see: vigie webhooks list")
    if not many:
        return Finding("webhooks", "well", "nobody is told (vigie webhooks add tells somebody)")
    return Finding("webhooks", "well", f"{many} receivers")
