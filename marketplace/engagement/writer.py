"""Our own words: a writer that needs no model and knows each kind of lead."""

from marketplace.engagement.brief import Brief, Channel, Fact
from marketplace.engagement.checking import OPT_OUT, privacy_line
from marketplace.engagement.drafts import Draft, Message
from marketplace.engagement.phrases import standing_alone
from marketplace.engagement.wording import NO_AGENTS, WORDING, Wording

SIGNATURE = "[your name]\n[your brokerage]\n[your phone]\n[your postal address]"


class OwnWords:
    """Fills the wording of the lead's kind with its facts; what is unknown is left out."""

    name = "own-words-1"

    def write(self, brief: Brief) -> Draft:
        """A text for each allowed channel, and the steps of the kind's plan that the passport allows."""
        wording = WORDING[brief.kind]
        return Draft(
            messages=[_message(channel, wording, brief) for channel in Channel if brief.allows(channel)],
            steps=[
                step
                for step in wording.steps
                if brief.allows_step(step.channel) and step.days_after < brief.last_day
            ],
        )


def _message(channel: Channel, wording: Wording, brief: Brief) -> Message:
    compose = {
        Channel.CALL: _call,
        Channel.TEXT: _text,
        Channel.EMAIL: _letter,
        Channel.POST: _letter,
    }[channel]
    body = compose(wording, brief, OPT_OUT[channel])
    subject = _filled(wording.subject, brief) if channel == Channel.EMAIL else ""
    return Message(channel=channel, subject=subject, body=body, cites=_told(f"{subject}\n{body}", brief))


def _call(wording: Wording, brief: Brief, opt_out: str) -> str:
    before = [*([NO_AGENTS] if brief.wants_no_agents else []), *wording.before]
    return "\n\n".join(
        [
            _section("Before you call", before),
            _section("What you know", [fact.says for fact in brief.facts]),
            f"OPENING\n{_filled(wording.opening, brief)}",
            _section("Ask, and listen", [_filled(question, brief) for question in wording.questions]),
            f"OFFER\n{_filled(wording.offer, brief)}",
            f"THE WAY OUT\n{opt_out}\n{privacy_line()}",
        ]
    )


def _text(wording: Wording, brief: Brief, opt_out: str) -> str:
    return f"{_filled(wording.text, brief)} {opt_out} {privacy_line()}"


def _letter(wording: Wording, brief: Brief, opt_out: str) -> str:
    paragraphs = [_filled(paragraph, brief) for paragraph in wording.letter]
    return "\n\n".join(["Hello [owner's name],", *filter(None, paragraphs), opt_out, privacy_line(), SIGNATURE])


def _section(heading: str, lines: list[str]) -> str:
    return "\n".join([heading.upper(), *(f"– {line}" for line in lines)])


def _told(text: str, brief: Brief) -> tuple[str, ...]:
    return tuple(fact.key for fact in brief.facts if standing_alone(fact.phrases).search(text))


def _filled(template: str, brief: Brief) -> str:
    """``template`` with what is known; a paragraph whose ``{market}`` is unknown is left out whole."""
    if "{market}" in template and brief.find("market") is None:
        return ""
    return template.format(
        home=_home(brief),
        place=_place(brief),
        zip=_phrase(brief.find("zip_code"), ", {}"),
        price=_phrase(brief.find("asking_price"), " at {}"),
        budget=_phrase(brief.find("asking_price"), " for {}"),
        since=_phrase(brief.find("posted_at"), ", since {}"),
        source=_phrase(brief.find("source"), "{}", "an advert"),
        market=_phrase(brief.find("market"), "{}"),
    )


def _home(brief: Brief) -> str:
    rooms = ", ".join(filter(None, [_phrase(brief.find("beds"), "{}"), _phrase(brief.find("baths"), "{}")]))
    return f"{rooms} {brief.home}".strip()


def _place(brief: Brief) -> str:
    street = _phrase(brief.find("street"), "on {} ")
    return f"{street}{_phrase(brief.find('city'), 'in {}', 'nearby')}"


def _phrase(fact: Fact | None, form: str, otherwise: str = "") -> str:
    return form.format(fact.phrases[0]) if fact else otherwise
