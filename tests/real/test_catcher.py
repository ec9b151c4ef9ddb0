"""The catcher keeps what a real SMTP conversation brings, byte for byte."""

import asyncio
import smtplib
from pathlib import Path

from digest.catcher import catching

MESSAGE = (
    b"From: a@porttide.example\r\nTo: b@readers.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    b"\r\n<p>caf=C3=A9</p>\r\n.\r\n"
)


def test_each_recipient_gets_a_file(tmp_path: Path) -> None:
    def talk(port: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as line:
            line.sendmail("a@porttide.example", ["b@readers.example", "../../C@x.example"], MESSAGE)

    async def run() -> list[Path]:
        async with catching(tmp_path / "caught") as catcher:
            await asyncio.to_thread(talk, catcher.port)
            return catcher.caught

    caught = asyncio.run(run())
    assert [path.name for path in caught] == ["b@readers.example.eml", ".._.._c@x.example.eml"]
    assert caught[0].read_bytes() == MESSAGE
    assert caught[0].with_suffix(".html").read_text() == "<p>café</p>\n.\n"
    assert {path.parent for path in caught} == {tmp_path / "caught"}
