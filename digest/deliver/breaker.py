"""When a run must not go on, folded over its outcomes. Pure.

A relay that takes nothing any more is given up: the others serve its readers. A stop ends the
run: the next one tries again. A pause ends it until a person has looked, and says `digest send
--resume`. What one relay takes says nothing of what another one refuses. What the outcomes mean is
policy.py's; so many dead addresses, or so many equal refusals, mean more together than each alone.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from digest.model.ledger import Concern, DeliveryState, Outcome

# So many readers refused, or lines broken, without one message accepted in between: it is the
# relay and not the readers.
MAX_STREAK = 20
# Of the first so many readers served, more than this share fail for good: an old or bought
# list, which costs the sender's name. Providers look closely from 5 % on.
FIRST = 200
MAX_FAILED_SHARE = 0.05
# A small newsroom's few leavers prove nothing.
MIN_FIRST = 20
MAX_FAILED = 10
MAX_REFUSALS = 20

RESUME = "`digest send --resume` goes on."
ENHANCED = re.compile(r"^\s*5\.7\.\d{1,3}\s*")
ADDRESS = re.compile(r"<?[^\s<>@]+@[^\s<>@]+>?")
QUOTED = re.compile(r""""[^"\s]*"|'[^'\s]*'|<[^<>\s]*>|\[[^\[\]\s]*\]|\([^()\s]*\)""")
WITH_DIGIT = re.compile(r"\S*\d\S*")
MOST_TEXT = 1000
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Seen:
    """What the ledger holds of the edition before a run: readers served (sent or failed), those of
    them who failed, and how often each refusal came, by its refusal_key()."""

    n_served: int = 0
    n_failed: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)


NOTHING_SEEN = Seen()
# Of an edition that was resumed: a person has looked at the list, and the refusals count anew.
RESUMED = Seen(n_served=FIRST + MAX_STREAK + 1)


@dataclass(slots=True)
class _Relay:
    """What a relay has said since it last took a message: readers refused or lines broken, and
    refusals that are failures once it takes one."""

    streak: int = 0
    n_doubtful: int = 0


class Breaker:
    """What a run has come to: `stop_because` and `pause_because` are "" as long as all is well,
    then the first reason there was, in plain words."""

    def __init__(self, seen: Seen = NOTHING_SEEN) -> None:
        self.stop_because = ""
        self.pause_because = ""
        self._n_served = seen.n_served
        self._n_failed = seen.n_failed
        self._refusals = Counter(seen.refusals)
        self._relays: defaultdict[str, _Relay] = defaultdict(_Relay)

    @property
    def has_tripped(self) -> bool:
        """Whether no more should be sent."""
        return bool(self.stop_because or self.pause_because)

    def note(self, outcome: Outcome, relay: str) -> str:
        """One more answer of the relay of that name: why it should be asked no more, "" while it
        is well. What is on its way when the breaker trips may be noted, too."""
        its = self._relays[relay]
        if outcome.state is DeliveryState.SENT:
            self._n_served += 1
            its.streak = 0
            # Only now it is known that the relay does not just refuse everybody.
            self._n_failed, its.n_doubtful = self._n_failed + its.n_doubtful, 0
        else:
            self._note_unsent(outcome, its)
        self.pause_because = self.pause_because or self._why_pause(outcome)
        if its.streak < MAX_STREAK:
            return ""
        return (
            f"The relay {relay} took none of {its.streak} messages in a row. Is it the right one, "
            f"and well? Its last word: {_said(outcome)}"
        )

    def stop(self, why: str) -> None:
        """End the run, unless it has been stopped for another reason."""
        self.stop_because = self.stop_because or why

    def _note_unsent(self, outcome: Outcome, its: _Relay) -> None:
        if outcome.state is DeliveryState.FAILED:
            self._n_served += 1
            # Our own refusal needs nobody's proof.
            self._n_failed += outcome.is_own
            its.n_doubtful += not outcome.is_own
            its.streak += not outcome.is_own
        else:
            its.streak += outcome.code in (None, 421)
        if outcome.concern is Concern.US:
            self.stop(f"The relay refuses our mail, whoever the reader: {_said(outcome)}")

    def _why_pause(self, outcome: Outcome) -> str:
        if key := refusal_key(outcome):
            self._refusals[key] += 1
            if self._refusals[key] >= MAX_REFUSALS:
                return (
                    f'The same refusal came {self._refusals[key]} times: "{_said(outcome)}". Look '
                    "at the sending domain's SPF, DKIM and DMARC, at blocklists, and at what the "
                    f"relay's provider says; `digest doctor` helps. Then {RESUME}"
                )
        if self._has_too_many_failed():
            return (
                f"{self._n_failed} of the first {self._n_served} addresses take no mail: more than "
                f"{MAX_FAILED_SHARE:.0%}. Is it the right list, and a recent one? Look at the "
                f"failed ones with `digest deliveries list`. Then {RESUME}"
            )
        return ""

    def _has_too_many_failed(self) -> bool:
        # The proof of the last refusals may come a little later.
        is_beginning = MIN_FIRST <= self._n_served <= FIRST + MAX_STREAK
        is_many = self._n_failed > max(MAX_FAILED, MAX_FAILED_SHARE * self._n_served)
        return is_beginning and is_many


def refusal_key(outcome: Outcome) -> str:
    """What equal 5.7.x refusals have in common: code, enhanced code, and the text without what
    differs from reader to reader (addresses, quoted words, words with digits). "" for others."""
    if outcome.code is None or outcome.code < 500 or not outcome.enhanced.startswith("5.7."):
        return ""
    text = ENHANCED.sub("", outcome.text[:MOST_TEXT]).lower()
    for pattern in (ADDRESS, QUOTED, WITH_DIGIT):
        text = pattern.sub("#", text)
    return " ".join(f"{outcome.code} {outcome.enhanced} {text}".split())[:LONGEST_KEY]


def _said(outcome: Outcome) -> str:
    """The relay's words, without the reader's address."""
    words = (str(outcome.code or ""), ADDRESS.sub("<address>", outcome.text[:MOST_TEXT]))
    return " ".join(part for part in words if part)
