"""The two lines an inbox shows: the subject and the preheader. Pure."""

from digest.compose.plain import cut, tidy
from digest.compose.view import WrapView

_SUBJECT_LIMIT = 120
_PREHEADER_MIN = 40
_PREHEADER_MAX = 90


def subject_of(written: str, title: str) -> str:
    """What the publication's subject template came to, as one line of at most 120 characters;
    the lead's title where it came to nothing."""
    return cut(tidy(written) or tidy(title), _SUBJECT_LIMIT)


def preheader_of(wrap: WrapView) -> str:
    """The next two headlines, 40 to 90 characters where there are words enough; the lead's own
    lede fills up what is short. Never the subject again: that is read just before it."""
    stories = [story for section in wrap.sections for story in section.stories]
    line = " · ".join(story.title for story in stories[:2])
    if len(line) < _PREHEADER_MIN:
        line = " · ".join(part for part in (line, wrap.lead.lede) if part)
    return cut(line, _PREHEADER_MAX)
