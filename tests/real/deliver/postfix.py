"""A Postfix of the test's own: on loopback, on a free port, everything in one folder.

Readers whose number ends in 7 are dead, in 8 full; everybody else's mail stays in its hold queue.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

POSTFIX = Path("/usr/sbin/postfix")

MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}
multi_instance_enable = no
myhostname = relay.localhost
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions =
    check_recipient_access regexp:{folder}/config/readers, permit_mynetworks, reject
smtpd_data_restrictions = check_client_access static:HOLD
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 5
smtpd_tls_security_level = {tls_level}
smtpd_tls_cert_file = {folder}/cert.pem
smtpd_tls_key_file = {folder}/key.pem
message_size_limit = 100000
"""

MASTER = """
127.0.0.1:{port} inet n - n - 20 smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


READERS = """
/^reader[0-9]*7@/ 550 5.1.1 No such reader
/^reader[0-9]*8@/ 452 4.2.2 Mailbox full
"""


@dataclass(frozen=True)
class Postfix:
    """A running instance."""

    port: int
    folder: Path

    def accepted(self) -> Counter[str]:
        """How often it took a message for each address: the files of the hold queue, which are on
        the disk before Postfix says 250."""
        found: Counter[str] = Counter()
        for file in (self.folder / "queue" / "hold").iterdir():
            found.update(
                set(re.findall(r"reader[0-9]+@readers\.example", file.read_text("latin-1")))
            )
        return found


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that Postfix's users can enter. Not in pytest's: that is closed to other users each
    time a test run starts."""
    folder = Path(tempfile.mkdtemp(prefix="digest-postfix-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def started_postfix(
    folder: Path, *, tls_level: str = "none", main: str = MAIN, master: str = MASTER
) -> Iterator[Postfix]:
    """Start it in `folder` (where a cert.pem and key.pem are, for TLS), stop it at the end."""
    port = free_port()
    config = folder / "config"
    for name in ("config", "queue", "data", "log"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix", "postfix")
    (config / "main.cf").write_text(main.format(folder=folder, tls_level=tls_level))
    (config / "readers").write_text(READERS)
    (config / "master.cf").write_text(master.format(port=port))
    _run(config, "start")
    try:
        yield Postfix(port, folder)
    finally:
        _run(config, "stop")


def _run(config: Path, command: str) -> None:
    environment = {"PATH": os.environ["PATH"] + ":/usr/sbin", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        [POSTFIX, "-c", config, command],
        env=environment,
        # Its daemons would hold a pipe open for as long as they live.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, (config.parent / "log" / "mail.log").read_text()
