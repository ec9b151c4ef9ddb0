"""How newsletters are sent elsewhere: a message built and awaited per reader, by aiosmtplib.
I/O: the relay.
"""

import asyncio
import time
from collections.abc import Iterator
from email.message import EmailMessage

from aiosmtplib import SMTP

from bench._edition import press, reader
from digest.model.message import Body, Recipient
from tests.unit.compose.editions import PUBLICATION


def send_messages(port: int, n: int, n_connections: int) -> float:
    """Messages a second of a loop of EmailMessage and send_message(), connecting not counted; nor
    is rendering: they all get the same words."""
    body = press().body(reader(1))
    return asyncio.run(_send_messages(port, n, n_connections, body))


def send_ready_bytes(port: int, n: int) -> float:
    """Messages a second of sendmail() over one connection, connecting not counted."""
    message = press().envelope(reader(1)).message
    return asyncio.run(_send_ready_bytes(port, n, message))


async def _send_messages(port: int, n: int, n_connections: int, body: Body) -> float:
    numbers = iter(range(1, n + 1))
    clients = [SMTP(hostname="127.0.0.1", port=port) for _ in range(n_connections)]
    for client in clients:
        await client.connect()
    begun = time.monotonic()
    await asyncio.gather(*(_talk(client, numbers, body) for client in clients))
    took_s = time.monotonic() - begun
    for client in clients:
        await client.quit()
    return n / took_s


async def _talk(client: SMTP, numbers: Iterator[int], body: Body) -> None:
    for number in numbers:
        await client.send_message(_message(reader(number), body))


def _message(recipient: Recipient, body: Body) -> EmailMessage:
    message = EmailMessage()
    message["From"] = f"{PUBLICATION.from_name} <{PUBLICATION.from_address}>"
    message["To"] = f"{recipient.name} <{recipient.address}>"
    message["Subject"] = body.subject
    message["List-Unsubscribe"] = f"<https://wrap.porttide.example/u/{recipient.subscriber_id}>"
    message.set_content(body.text)
    message.add_alternative(body.html, subtype="html")
    return message


async def _send_ready_bytes(port: int, n: int, message: bytes) -> float:
    async with SMTP(hostname="127.0.0.1", port=port) as client:
        begun = time.monotonic()
        for number in range(1, n + 1):
            await client.sendmail(PUBLICATION.from_address, [reader(number).address], message)
        return n / (time.monotonic() - begun)
