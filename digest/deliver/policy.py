"""What a relay's reply means for the reader and for the run, and when to try again.

The whole of it is the table RULES. Codes: RFC 5321 section 4.2, enhanced codes RFC 3463 and its
registry (RFC 5248). A failure about the sender, its host or the content says nothing about the
reader: it stops the run and suppresses nobody. Not covered: what bounces say later. Pure.
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from zlib import crc32

from digest.model.ledger import Concern, DeliveryState, Outcome, Phase, Reply

ENHANCED = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})(?=\s|$)")

# The first retry is soon, since a relay's 4xx is mostly greylisting or a moment's load; later ones
# are at least half an hour apart (RFC 5321 section 4.5.4.1).
WAITS = (timedelta(minutes=10), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2))
JITTER = 0.2


@dataclass(frozen=True, slots=True)
class Rule:
    """A permanent failure whose enhanced code matches, or that has none and one of these basic
    codes in answer to RCPT: said of the message itself they are about its content."""

    enhanced: str
    codes: tuple[int, ...]
    state: DeliveryState
    concern: Concern


_DEFERRED, _FAILED = DeliveryState.DEFERRED, DeliveryState.FAILED

# The first rule that fits wins. A failure about us leaves the reader `deferred`: the message is
# still owed to them once we have mended what is wrong.
# What a permanent failure is about says whether the address is suppressed; that it is believed at
# all, whichever rule it is, needs a relay that does not refuse everybody (docs/ledger.md).
RULES = (
    # RFC 3463 section 3.2, X.1.x: X.1.7 and X.1.8 are about the sender's address.
    Rule(r"5\.1\.[78]", (), _DEFERRED, Concern.US),
    Rule(r"5\.1\.\d+", (), _FAILED, Concern.ADDRESS),
    # Section 3.3, X.2.x: disabled; full (it may be emptied); the reader's own limits.
    Rule(r"5\.2\.1", (), _FAILED, Concern.ADDRESS),
    Rule(r"5\.2\.2", (), _DEFERRED, Concern.NOBODY),
    Rule(r"5\.2\.\d+", (), _FAILED, Concern.NOBODY),
    # Section 3.4, X.3.x: the system, with X.3.4 "message too big for system".
    Rule(r"5\.3\.\d+", (), _DEFERRED, Concern.US),
    # Section 3.5, X.4.x: routing; a domain without a server (X.4.4) is a dead address only in time.
    Rule(r"5\.4\.\d+", (), _FAILED, Concern.NOBODY),
    # Section 3.6, X.5.x: we spoke wrongly.
    Rule(r"5\.5\.\d+", (), _DEFERRED, Concern.US),
    # RFC 6531 section 3.5, X.6.7: this address needs SMTPUTF8. Other X.6.x: our content.
    Rule(r"5\.6\.7", (), _FAILED, Concern.NOBODY),
    Rule(r"5\.6\.\d+", (), _DEFERRED, Concern.US),
    # Section 3.8, X.7.x: policy, blocklists, authentication (5.7.26, 5.7.515 ...).
    Rule(r"5\.7\.\d+", (), _DEFERRED, Concern.US),
    # Without an enhanced code, RFC 5321 section 4.2.3: no such mailbox, not local, bad name; and
    # RFC 7504 section 4: the domain takes no mail.
    Rule(r"", (550, 551, 553, 556), _FAILED, Concern.ADDRESS),
    # Section 4.5.3.1.10: 552 to RCPT is to be taken for 452.
    Rule(r"", (552,), _DEFERRED, Concern.NOBODY),
)


def judge(reply: Reply) -> Outcome:
    """What becomes of the reader whom the reply is about.

    2xx counts only as the answer to the message itself (Phase.BODY). 5xx before a recipient was
    named, and 5xx that no rule knows (500-504, 521, 554 ...), are about us. A 5xx that calls itself
    4.x.x is deferred. No code: deferred, and uncertain when the message had already left.
    """
    if reply.code is None:
        return _outcome(reply, _DEFERRED, is_uncertain=reply.phase is Phase.BODY)
    if 200 <= reply.code < 300 and reply.phase is Phase.BODY:
        return _outcome(reply, DeliveryState.SENT)
    if reply.code < 500 or reply.enhanced.startswith("4."):
        return _outcome(reply, _DEFERRED)
    if reply.phase in (Phase.CONNECT, Phase.MAIL):
        return _outcome(reply, _DEFERRED, Concern.US)
    for rule in RULES:
        if _fits(rule, reply):
            return _outcome(reply, rule.state, rule.concern)
    return _outcome(reply, _DEFERRED, Concern.US)


def parse_enhanced(text: str) -> str:
    """The enhanced code that opens a reply's text (RFC 2034 section 4), "" where there is none."""
    found = ENHANCED.match(text)
    return found[1] if found else ""


def retry_after(n_attempts: int, *, seed: int) -> timedelta:
    """How long to wait after the n-th attempt (from 1): 10 min, 30 min, 1 h, then 2 h each time.

    Up to 20 % is added or taken away by `seed`, so that what failed together returns apart.
    """
    wait = WAITS[min(max(n_attempts, 1), len(WAITS)) - 1]
    share = crc32(f"{seed}:{n_attempts}".encode()) / 0xFFFFFFFF
    return wait * (1 + JITTER * (2 * share - 1))


def _fits(rule: Rule, reply: Reply) -> bool:
    # 5.0.0 is "nothing more is known" (RFC 3463 section 3.1); 2.x.x does not go with 5xx.
    if reply.enhanced.startswith("5.") and not reply.enhanced.startswith("5.0."):
        return bool(rule.enhanced) and re.fullmatch(rule.enhanced, reply.enhanced) is not None
    return reply.phase is Phase.RCPT and reply.code in rule.codes


def _outcome(
    reply: Reply,
    state: DeliveryState,
    concern: Concern = Concern.NOBODY,
    *,
    is_uncertain: bool = False,
) -> Outcome:
    is_own = reply.phase is Phase.OWN
    return Outcome(state, concern, reply.code, reply.enhanced, reply.text, is_uncertain, is_own)
