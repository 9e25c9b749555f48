"""A letter: what it says, and how it is written so that it is the same at every attempt."""

from __future__ import annotations

from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from app.i18n import speaking
from app.reports.model import Content, Figure
from app.reports.sending.archive import Filed
from app.reports.sending.letters import Letter
from app.reports.sending.runs import Run, Written
from app.reports.writing import finding_words, number, state_words

#: The part of a letter that is the letter itself.
BODY = "html"


def worded(content: Content) -> Written:
    """What a letter says of the report, for readers without HTML."""
    with speaking(content.language):
        return Written(
            title=content.title,
            subject=f"Vigie: {content.title}, {content.subtitle}",
            letter=_text(content),
            first=content.first,
            last=content.last,
            as_of=content.as_of,
        )


def composed(letter: Letter, run: Run, files: list[Filed], sender: str) -> EmailMessage:
    """The message; its headers cannot be broken into."""
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = sender, letter.recipient
    message["Subject"] = " ".join((run.subject or run.schedule.name).split())
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = f"<{letter.message}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(run.letter or "", cte="quoted-printable")
    for filed in files:
        if filed.format == BODY:
            message.add_alternative(filed.content.decode(), subtype="html", cte="base64")
    for filed in files:
        if filed.format != BODY:
            main, sub = filed.media_type.partition(";")[0].split("/")
            message.add_attachment(filed.content, main, sub, filename=filed.name)
    _bounded(message, letter.message.partition("@")[0])
    return message


def _bounded(message: EmailMessage, mark: str) -> None:
    """The same boundaries each time, of which no part holds a line."""
    for number_, part in enumerate(message.walk()):
        if part.is_multipart():
            part.set_boundary(f"{mark}-{number_}")


def _text(content: Content) -> str:
    """The headline in plain lines: findings, figures, the stamps."""
    first = content.sections[0]
    lines = [f"{content.title} – {content.subtitle}", ""]
    lines += [f"{finding_words(one.state)}: {one.words}" for one in first.findings]
    lines += ["", *(_figure(figure) for figure in first.figures), "", *content.stamp]
    return "\n".join(lines) + "\n"


def _figure(figure: Figure) -> str:
    told = [f"{figure.label}: {number(figure.value, figure.kind)}"]
    if figure.state:
        told.append(f"({state_words(figure.state)}, {figure.target_words})")
    told += [f"· {one.change} / {one.label}" for one in figure.against]
    return " ".join(told)
