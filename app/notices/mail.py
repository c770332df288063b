"""E-mail by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.utils import formatdate, parseaddr

from app.notices.deliver import Message, NotTaken
from app.settings import Settings

TIMEOUT_S = 20.0


def send(settings: Settings, messages: Sequence[Message]) -> Mapping[int, NotTaken | None]:
    """Send e-mails over one connection; the reasons name no address."""
    outcomes: dict[int, NotTaken | None] = {}
    try:
        with _open(settings) as server:
            for one in messages:
                outcomes[one.delivery_id] = _send_one(server, settings, one)
    except (OSError, smtplib.SMTPException) as error:
        reason = NotTaken(_reason(error))
        return {one.delivery_id: outcomes.get(one.delivery_id, reason) for one in messages}
    return outcomes


def _open(settings: Settings) -> smtplib.SMTP:
    trusted = ssl.create_default_context(cafile=settings.smtp_ca or None)
    host, port = settings.smtp_host, settings.smtp_port
    server: smtplib.SMTP
    if settings.smtp_security == "tls":
        server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT_S, context=trusted)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT_S)
    try:
        if settings.smtp_security == "starttls":
            server.starttls(context=trusted)
        if settings.smtp_user:
            server.login(settings.smtp_user, settings.smtp_password)
    except BaseException:
        server.close()
        raise
    return server


def _send_one(server: smtplib.SMTP, settings: Settings, one: Message) -> NotTaken | None:
    try:
        server.send_message(as_mail(settings, one))
    except smtplib.SMTPRecipientsRefused as error:
        code = next((code for code, _ in error.recipients.values()), 0)
        return NotTaken(f"{code} receiver refused", for_good=500 <= code < 600)
    except smtplib.SMTPResponseException as error:
        return NotTaken(f"{error.smtp_code} refused", for_good=500 <= error.smtp_code < 600)
    return None


def as_mail(settings: Settings, one: Message) -> EmailMessage:
    """The e-mail of a message: plain text with a link to what it speaks of."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(str(one.payload["title"]).split())
    mail["From"] = settings.smtp_from
    mail["To"] = one.to
    mail["Date"] = formatdate()
    domain = parseaddr(settings.smtp_from)[1].rpartition("@")[2] or "localhost"
    mail["Message-ID"] = f"<{one.message_id}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = str(one.payload.get("language", "zh"))
    link = str(one.payload.get("link", ""))
    address = settings.address + link if link.startswith("/") else link
    mail.set_content(f"{one.payload['body']}\n\n{address}\n" if address else f"{one.payload['body']}\n")
    return mail


def _reason(error: Exception) -> str:
    """What went wrong, without what the server said: it may repeat names and addresses."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"{error.smtp_code} login refused"
    if isinstance(error, ssl.SSLError):
        return "the mail server's certificate does not prove it"
    if isinstance(error, TimeoutError):
        return "the mail server did not answer in time"
    return f"the mail server can't be reached ({type(error).__name__})"
