"""What the DNS says of a signer's public key (RFC 6376 section 3.6), judged in words. Pure."""

from base64 import b64decode, b64encode

from digest.deliver.dkim import GOOD_BITS, Signer, is_signed_with, public_key_of


def record_name(signer: Signer) -> str:
    """Where the record is."""
    return f"{signer.selector}._domainkey.{signer.domain}"


def record_text(signer: Signer) -> str:
    """The record to publish."""
    return f"v=DKIM1; k=rsa; p={b64encode(public_key_of(signer)).decode()}"


def fault_of(signer: Signer, texts: tuple[str, ...], *, sample: bytes) -> str:
    """Why mail of this signer, of which `sample` is one, fails with these TXT records; "" for a
    good one."""
    if not texts:
        return f"no TXT record there; publish {record_text(signer)}"
    if len(texts) > 1:
        return f"{len(texts)} TXT records there; mailboxes may take any of them: leave only ours"
    tags = _tags(texts[0])
    if tags is None or not _has_version(tags) or "p" not in tags:
        return f"the record there is not a DKIM key; publish {record_text(signer)}"
    return _fault_of_tags(tags) or _fault_of_key(signer, tags["p"], sample)


def advice_on(signer: Signer) -> str:
    """What would be better about a signer that is good enough, as a clause; "" for nothing."""
    if signer.key.key_size < GOOD_BITS:
        return f", with {signer.key.key_size} bits; better make a key of {GOOD_BITS} (RFC 8301)"
    return ""


def _has_version(tags: dict[str, str]) -> bool:
    """Section 3.6.1: a v= is not needed, but where there is one it must be the first."""
    return "v" not in tags or (next(iter(tags)) == "v" and tags["v"] == "DKIM1")


def _fault_of_tags(tags: dict[str, str]) -> str:
    """Section 3.6.1: the record may restrict what its key is good for."""
    if tags["p"] == "":
        return "the record there revokes the key (p= is empty)"
    if tags.get("k", "rsa") != "rsa":
        return f"the record there says k={tags['k']}; expected k=rsa"
    if "sha256" not in _items(tags.get("h", "sha256")):
        return f"the record there allows h={tags['h']}; expected sha256 among it, or no h="
    if not {"*", "email"} & _items(tags.get("s", "*")):
        return f"the record there is for s={tags['s']}; expected email, or no s="
    if "y" in _items(tags.get("t", "")):
        return "the record there says t=y, a test: mailboxes treat such mail as unsigned"
    return ""


def _fault_of_key(signer: Signer, published: str, sample: bytes) -> str:
    try:
        key = b64decode("".join(published.split()), validate=True)
    except ValueError:
        return "the p= there is not base64; was it cut or quoted on the way into the DNS?"
    if is_signed_with(key, sample):
        return ""
    if key == public_key_of(signer):
        return "the key there is ours, but a sample signed with it does not verify"
    return f"the key there is not that of DIGEST_DKIM_KEY; publish {record_text(signer)}"


def _items(value: str) -> set[str]:
    return {item.strip() for item in value.split(":")}


def _tags(text: str) -> dict[str, str] | None:
    """The tag list (section 3.2), in its order; None where it is none, or names a tag twice."""
    parts = [part.partition("=") for part in text.rstrip("; \t").split(";")]
    tags = {name.strip(): value.strip() for name, _, value in parts}
    is_good = all(mark for _, mark, _ in parts) and len(tags) == len(parts)
    return tags if is_good else None
