"""Foreign addresses to absolute http(s) URLs in one canonical spelling (RFC 3986 section 6). Pure.

Two links to one story are equal after this when they differ only in case of the host, default
port, fragment or tracking parameters. Not covered: "www." and trailing slashes, which sites give
meaning to, and redirecting services (Google Alerts), whose target is not ours to guess.
"""

import re
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

MAX_URL_CHARS = 2000

TRACKING_PREFIXES = ("utm_", "mtm_", "pk_", "hsa_", "__hs", "_hs", "at_campaign", "at_medium")
TRACKING = frozenset({
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid",
    "ttclid", "igshid", "igsh", "mc_cid", "mc_eid", "mkt_tok", "ncid", "cmpid", "ocid",
    "sr_share", "xtor", "s_cid", "wt_mc", "wt.mc_id", "ito", "ref_src", "ref_url", "hootpostid",
    "vero_id", "oly_enc_id", "oly_anon_id", "rb_clickid", "spm", "ns_campaign", "ns_mchannel",
    "echobox", "cx_testid", "guccounter", "guce_referrer", "guce_referrer_sig", "feedburner",
})  # fmt: skip
_PORTS = {"http": 80, "https": 443}
_HOST = re.compile(r"[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?\.?|\[[0-9a-f:.]+\]")
_JUNK = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_PATH_SAFE = "/:@!$&'()*+,;=-._~%"
_BAD_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def absolute_url(url: str, base: str = "") -> str | None:
    """The http(s) URL meant by `url` seen from `base`, in ASCII, without tracking; None for any
    other scheme (javascript:, data:, mailto:), no host, or nonsense."""
    try:
        joined = urljoin(base, url.strip()) if base else url.strip()
    except ValueError:
        return None
    return canonical_url(joined)


def canonical_url(url: str) -> str | None:
    """The one spelling of an absolute http(s) URL; None where it is not one. Idempotent."""
    try:
        parts = urlsplit(_JUNK.sub("", url) if " " not in url.strip() else _spaced(url))
        scheme, host = parts.scheme.lower(), _host(parts)
    except ValueError:  # UnicodeError is one
        return None
    if scheme not in _PORTS or host is None:
        return None
    path = _quoted(parts.path, _PATH_SAFE) or "/"
    query = _quoted(_query(parts.query), _PATH_SAFE + "?")
    spelled = urlunsplit((scheme, host, path, query, ""))
    return spelled if len(spelled) <= MAX_URL_CHARS else None


def without_secrets(url: str) -> str:
    """For messages: no user, password, query or fragment."""
    try:
        parts = urlsplit(_JUNK.sub("", url))
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "an address that can't be read"
    return urlunsplit((parts.scheme, host, parts.path, "", ""))[:200]


def _spaced(url: str) -> str:
    return _JUNK.sub(lambda junk: "%20" if junk[0] == " " else "", url.strip())


def _host(parts: SplitResult) -> str | None:
    """Lower-case ASCII host with a port that is not the default; user names are dropped: in a
    story's link they only serve deceit."""
    name = (parts.hostname or "").rstrip(".")
    if not name:
        return None
    if ":" in name:
        name = f"[{name}]"
    elif not name.isascii():
        name = name.encode("idna").decode("ascii").lower()
    if not _HOST.fullmatch(name):
        return None
    port = parts.port
    return name if port is None or port == _PORTS.get(parts.scheme.lower()) else f"{name}:{port}"


def _query(query: str) -> str:
    """The query without tracking, everything else as it was and in its order."""
    return "&".join(pair for pair in query.split("&") if pair and not _is_tracking(pair))


def _is_tracking(pair: str) -> bool:
    name = pair.partition("=")[0].lower().removeprefix("amp;")
    return name in TRACKING or name.startswith(TRACKING_PREFIXES)


def _quoted(text: str, safe: str) -> str:
    return quote(_BAD_PERCENT.sub("%25", text), safe=safe)
