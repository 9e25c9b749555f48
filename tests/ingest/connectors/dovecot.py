"""A real Dovecot of the test's own: loopback, a random port, a folder that goes with it."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from imap_tools import MailBoxUnencrypted

#: Every account has this one.
PASSWORD = "correct-horse"

CONF = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
mail_location = maildir:{folder}/mail/%u
mail_fsync = never
disable_plaintext_auth = no
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
default_internal_user = {internal}
default_internal_group = {internal_group}
default_login_user = {login}
first_valid_uid = 1
auth_username_chars = abcdefghijklmnopqrstuvwxyz0123456789@.-
mail_max_userip_connections = 50
auth_failure_delay = 0
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A running server, and one account of it: an account is empty until it is used."""

    port: int
    tls_port: int
    certificate: Path
    user: str = "care@example.com"

    @contextmanager
    def account(self) -> Iterator[MailBoxUnencrypted]:
        """The account as its owner sees it."""
        with MailBoxUnencrypted("127.0.0.1", self.port) as mailbox:
            mailbox.login(self.user, PASSWORD)
            yield mailbox

    def deliver(
        self, raw: bytes, folder: str = "INBOX", at: datetime = datetime(2026, 7, 1, 12, tzinfo=UTC)
    ) -> None:
        """Put a mail into a folder, received at that moment."""
        with self.account() as mailbox:
            mailbox.append(raw, folder, dt=at)


def program() -> str | None:
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def running() -> Iterator[Dovecot]:
    """A server until the block ends."""
    with tempfile.TemporaryDirectory(prefix="vigie-imap-", dir="/tmp") as name:
        folder = Path(name)
        port, tls_port = _free_port(), _free_port()
        _prepare(folder, port, tls_port)
        command = [program() or "dovecot", "-F", "-c", str(folder / "dovecot.conf")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            _until_it_answers(process, port, folder)
            yield Dovecot(port, tls_port, folder / "cert.pem")
        finally:
            process.terminate()
            process.communicate(timeout=30)


def _prepare(folder: Path, port: int, tls_port: int) -> None:
    folder.chmod(0o755)
    owner, internal, login = _accounts()
    mail = folder / "mail"
    mail.mkdir()
    if os.geteuid() == 0:
        os.chown(mail, owner.pw_uid, owner.pw_gid)
    _certify(folder)
    group = "dovecot" if os.geteuid() == 0 else str(os.getegid())
    conf = CONF.format(
        folder=folder,
        port=port,
        tls_port=tls_port,
        password=PASSWORD,
        uid=owner.pw_uid,
        gid=owner.pw_gid,
        internal=internal,
        internal_group=group,
        login=login,
    )
    (folder / "dovecot.conf").write_text(conf)


def _accounts() -> tuple[pwd.struct_passwd, str, str]:
    """Who owns the mail, and whom the server runs as: Debian's users if we may, else ourselves."""
    if os.geteuid() == 0:
        return pwd.getpwnam("nobody"), "dovecot", "dovenull"
    me = pwd.getpwuid(os.geteuid())
    return me, me.pw_name, me.pw_name


def _certify(folder: Path) -> None:
    command = [
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
        "-nodes", "-days", "2", "-subj", "/CN=localhost",
        "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
        "-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem"),
    ]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_it_answers(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    for _ in range(200):
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                if connection.recv(64).startswith(b"* OK"):
                    return
        except OSError:
            pass
        try:
            _, said = process.communicate(timeout=0.05)
        except subprocess.TimeoutExpired:
            continue
        raise AssertionError(f"dovecot ended: {said.decode()}")
    log = folder / "log"
    raise AssertionError(
        f"dovecot does not answer: {log.read_text() if log.exists() else 'no log'}"
    )
