"""A mail server that keeps what it gets as files: for the demo and for trying things out.
I/O: a loopback socket, files.

Each message becomes NAME.eml, exactly as it came, and NAME.html, its HTML part.
"""

import asyncio
import email
import email.policy
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass
class Catcher:
    """What has been caught so far: one file for each message, in order."""

    folder: Path
    port: int = 0
    caught: list[Path] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """aiosmtpd's hook for a whole message."""
        for recipient in envelope.rcpt_tos:
            self._keep(recipient, envelope.original_content)
        return "250 2.0.0 caught"

    def _keep(self, recipient: str, message: bytes) -> None:
        name = re.sub(r"[^a-z0-9.@+-]", "_", recipient.lower())
        path = self.folder / f"{name}.eml"
        path.write_bytes(message)
        html = html_of(message)
        if html is not None:
            path.with_suffix(".html").write_text(html, encoding="utf-8")
        self.caught.append(path)


def html_of(message: bytes) -> str | None:
    """The decoded HTML part of a message, or None."""
    part = email.message_from_bytes(message, policy=email.policy.default).get_body(("html",))
    return None if part is None else str(part.get_content())


@asynccontextmanager
async def catching(folder: Path) -> AsyncIterator[Catcher]:
    """Listen on a free loopback port while the block runs; messages land in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    catcher = Catcher(folder)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(catcher, hostname="catcher.localhost", loop=loop), "127.0.0.1", 0
    )
    catcher.port = server.sockets[0].getsockname()[1]
    try:
        yield catcher
    finally:
        server.close()
        await server.wait_closed()
