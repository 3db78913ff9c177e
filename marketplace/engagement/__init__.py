"""What a buyer says to an owner and when: texts and a plan within the passport's limits, checked by code.

Pure. ``brief`` is what a writer is told, ``drafts`` what it hands in, ``checking`` what is let through, whoever
wrote it; ``writer`` is the one that ships and needs no model, ``wording`` its words for each kind of lead.
"""

from marketplace.engagement.brief import Brief, Channel, Fact, Limit
from marketplace.engagement.checking import Fault, faults_of
from marketplace.engagement.drafts import Draft, Message, Step, Writer
from marketplace.engagement.hours import due_ats, is_quiet
from marketplace.engagement.writer import OwnWords

__all__ = [
    "Brief",
    "Channel",
    "Draft",
    "Fact",
    "Fault",
    "Limit",
    "Message",
    "OwnWords",
    "Step",
    "Writer",
    "due_ats",
    "faults_of",
    "is_quiet",
]
