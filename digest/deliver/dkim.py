"""A message in its final form to the same with a DKIM signature in front (RFC 6376). Pure.

rsa-sha256 alone (RFC 8301); Ed25519 is refused, since the large mailboxes do not verify it. What
makes a mail ours is over-signed (section 8.15): named once more than it occurs, so that whoever
adds a second Subject, or the List-Unsubscribe-Post that was not there, breaks the signature. No l=:
it would let others append (section 8.2). A message that a relay changes later is not covered.
"""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from digest.deliver.canonical import CRLF, canonical_body, relaxed_field
from digest.errors import SettingsError, SigningError
from digest.model.newsroom import Canonicalization, Publication

# RFC 8058 section 4 asks for both List-Unsubscribe fields; absent ones are named, too.
OVERSIGNED = (
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "Content-Type", "MIME-Version",
    "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID",
)  # fmt: skip
LEAST_BITS, GOOD_BITS, MOST_BITS = 1024, 2048, 4096  # RFC 8301 section 3.2
_EXPECTED = "expected an RSA private key, the whole of what `openssl genrsa 2048` prints"
_LINE = 76
_FIELD_START = re.compile(rb"\r\n(?![ \t])")
_FIELD_NAME = re.compile(rb"([\x21-\x39\x3b-\x7e]+)[ \t]*:")
_KEYS = tuple((name, name.lower().encode()) for name in OVERSIGNED)
_B_TAG = b"\r\n b="

Head = dict[bytes, list[bytes]]


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs; `key` is the private one, parsed."""

    domain: str
    selector: str
    key: RSAPrivateKey = field(repr=False)
    canonicalization: Canonicalization = Canonicalization.RELAXED_SIMPLE


def signer_of(publication: Publication, key: str | None) -> Signer | None:
    """The publication's signer, with the private key as PEM; None where the relay signs.

    Raises SettingsError where the publication is to be signed and there is no good key.
    """
    terms = publication.dkim
    if terms is None:
        return None
    if key is None:
        raise SettingsError(
            (f"DIGEST_DKIM_KEY: missing; publications[{publication.slug}].dkim signs with it",)
        )
    try:
        return Signer(terms.domain, terms.selector, parse_key(key), terms.canonicalization)
    except ValueError as error:
        raise SettingsError((f"DIGEST_DKIM_KEY: {error}",)) from None


def parse_key(pem: str) -> RSAPrivateKey:
    """The private key. Raises ValueError, in words, for all that is none, or has a wrong length."""
    if "PUBLIC KEY" in pem:
        raise ValueError(f"this is the public key; {_EXPECTED}")
    try:
        key = load_pem_private_key(pem.strip().encode(), password=None)
    except TypeError:
        raise ValueError(f"the key has a passphrase; {_EXPECTED}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError(_EXPECTED) from None
    if isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"Gmail, Outlook and Yahoo do not verify Ed25519; {_EXPECTED}")
    if not isinstance(key, RSAPrivateKey):
        raise ValueError(_EXPECTED)
    if not LEAST_BITS <= key.key_size <= MOST_BITS:
        raise ValueError(
            f"expected {GOOD_BITS} bits, at least {LEAST_BITS} and at most {MOST_BITS}, not "
            f"{key.key_size}: mailboxes ignore such signatures (RFC 8301)"
        )
    return key


def sign(signer: Signer, message: bytes, *, at: datetime) -> bytes:
    """The message, whose only line ends are CRLF, with its signature in front; `at` becomes the t=.

    Raises SigningError for 8 bit (a relay may recode it, and so break the signature), for what
    does not begin with header fields, and for a message without From.
    """
    head, body = _split(message)
    hashed = _body_hash(body, signer.canonicalization)
    unsigned = _unsigned(signer, _names(head), body_hash=hashed, at=at)
    try:
        signature = signer.key.sign(_signed(head, unsigned), PKCS1v15(), hashes.SHA256())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningError("the DKIM key does not sign") from error
    encoded = b64encode(signature)
    chunks = (encoded[start : start + _LINE - 4] for start in range(0, len(encoded), _LINE - 4))
    return b"".join((unsigned, b"\r\n ".join(chunks), CRLF, message))


def is_signed_with(public_key: bytes, message: bytes) -> bool:
    """Whether the signature that sign() put in front fits the key (DER) and the rest."""
    try:
        signature, rest = _FIELD_START.split(message, maxsplit=1)
        start, mark, encoded = signature.partition(_B_TAG)
        head, body = _split(rest)
        form = next(one for one in Canonicalization if f" c={one};".encode() in start)
        key = load_der_public_key(public_key)
        if not isinstance(key, RSAPublicKey) or _body_hash(body, form) not in start:
            return False
        key.verify(b64decode(encoded), _signed(head, start + mark), PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, UnsupportedAlgorithm, SigningError, ValueError, StopIteration):
        return False
    return True


def public_key_of(signer: Signer) -> bytes:
    """The public key, DER: what stands, in base64, as p= in the DNS."""
    public = signer.key.public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _split(message: bytes) -> tuple[Head, bytes]:
    """The header fields by their names, in order, without the CRLF at their ends; and the body."""
    if not message.isascii():
        raise SigningError("a message to sign must be 7 bit")
    top, _, body = message.partition(b"\r\n\r\n")
    head: Head = {}
    for one in _FIELD_START.split(top.removesuffix(CRLF)):
        name = _FIELD_NAME.match(one)
        if name is None:
            raise SigningError("a message to sign must begin with its header fields")
        head.setdefault(name[1].lower(), []).append(one)
    if b"from" not in head:
        raise SigningError("a message to sign must have a From (RFC 6376 section 5.4)")
    return head, body


def _names(head: Head) -> list[str]:
    """The h=: each over-signed field as often as it is there, and once more."""
    counts = ((name, len(head.get(key, ()))) for name, key in _KEYS)
    return [name for name, count in counts for _ in range(count + 1)]


def _signed(head: Head, unsigned: bytes) -> bytes:
    """What the signature is over (section 3.7): of fields of one name the lowest goes first
    (section 5.4.2), then the signature itself with an empty b=."""
    picked = (one for _, key in _KEYS for one in reversed(head.get(key, ())))
    return CRLF.join(map(relaxed_field, (*picked, unsigned)))


def _body_hash(body: bytes, form: Canonicalization) -> bytes:
    return b64encode(hashlib.sha256(canonical_body(body, form)).digest())


def _unsigned(signer: Signer, names: Sequence[str], *, body_hash: bytes, at: datetime) -> bytes:
    """The signature's field up to where the b= begins."""
    lines = [
        f"DKIM-Signature: v=1; a=rsa-sha256; c={signer.canonicalization};",
        f" d={signer.domain}; s={signer.selector};",
        f" t={int(at.timestamp())}; bh={body_hash.decode()};",
        " h=",
    ]
    for word in (*(f"{name}:" for name in names[:-1]), f"{names[-1]};"):
        if len(lines[-1]) + len(word) > _LINE:
            lines.append(" ")
        lines[-1] += word
    return "\r\n".join(lines).encode() + _B_TAG
