"""What is personal is covered before a call and back in its place after it."""

import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ai.folding import folded
from ai.redaction import TOKEN, Cover
from leads.normalise.email import find_emails
from leads.normalise.phone import find_phones

PERSONAL = (
    "Maria Rose Gonzalez",
    "+1 512-555-0143",
    "maria.gonzalez88@example.com",
    "1480 Hidden Creek Road, Austin",
)
WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
NUMBER = "5125550143"


def cover() -> Cover:
    return Cover(PERSONAL)


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("Call Maria at 512-555-0143.", "Call [NAME_1] at [PHONE_1]."),
        ("(512) 555 0143 or 555-0143", "[PHONE_1] or [PHONE_1_2]"),
        ("five one two - 555 - zero one four three", "[PHONE_1]"),
        ("five one two triple five oh one four three", "[PHONE_1]"),
        ("5 1 2 5 5 5 0 1 4 3", "[PHONE_1]"),
        ("51255fivedashzerodot143", "[PHONE_1]"),
        ("５１２-５５５-０１４３ and 512\u200b5550143", "[PHONE_1] and [PHONE_1_2]"),
        ("512-555-o143 ext. 12 now", "[PHONE_1] now"),
        ("another: +44 20 7946 0958, 737.555.0188 x4", "another: [PHONE_1], [PHONE_2]"),
        ("MARIA.GONZALEZ88 at example dot com", "[EMAIL_1]"),
        ("maria [dot] gonzalez88 (at) example (dot) com", "[EMAIL_1]"),
        ("bob@mail.example.com, sue at example dot org", "[EMAIL_1], [EMAIL_2]"),
        ("GONZALEZ, MARIA R.", "[NAME_1] R."),
        ("María González's garden, m a r i a", "[NAME_1]'s garden, [NAME_1_2]"),
        ("My name is Bob Carter. Carter sells.", "My name is [NAME_1]. [NAME_1_2] sells."),
        ("Llame a José, gracias", "Llame a [NAME_1], gracias"),
        ("1480 Hidden Creek Road", "[HOUSE_NUMBER_1] Hidden Creek Road"),
        ("fourteen eighty Hidden Creek, no. 1480", "[HOUSE_NUMBER_1] Hidden Creek, no. [HOUSE_NUMBER_1_2]"),
        ("at 77 w. sunset blvd or 12-B Oak St", "at [HOUSE_NUMBER_1] w. sunset blvd or [HOUSE_NUMBER_2] Oak St"),
        ("PO Box 338, Austin", "PO Box [HOUSE_NUMBER_1], Austin"),
        ("at 30.24312, -97.76510", "at [PLACE_1]"),
        ("tax id 123-45-6789", "tax id [NUMBER_1]"),
    ],
)
def test_what_is_personal_is_covered_in_every_spelling(text, hidden):
    covered = cover()

    assert covered.hide(text) == hidden
    assert covered.restore(hidden) == text


@pytest.mark.parametrize(
    "text",
    [
        "3 beds, 2.5 baths, 1480 sq ft, 1,480 sqft on 0.25 acres, built 2005",
        "Asking $412,000 or 412,000 2005, taxes 7200, HOA 350/month",
        "3 minutes from Main Street, 2 blocks to Oak Avenue, 5 miles to the lake",
        "Text only! Call Now. Call Today. Contact Owner. I am selling as is.",
        "A rose garden on the hill; we will sell in may.",
        "ZIP 78704, MLS 12345678, model 2023, R1-5 zoning, 80/20",
        "someone phoned about the stone bone on one condition; nineteen windows",
    ],
)
def test_what_a_model_has_to_read_stays(text):
    assert Cover(["Rose Hill", "Will May", "+1 512-555-0143", "1480 Hidden Creek Road"]).hide(text) == text


def test_what_looks_like_a_token_is_covered_and_what_a_model_makes_up_stays():
    covered = cover()

    hidden = covered.hide("[PHONE_1] is mine, call 512-555-0143")

    assert hidden == "[TEXT_1] is mine, call [PHONE_1]"
    assert covered.restore(hidden) == "[PHONE_1] is mine, call 512-555-0143"
    assert covered.restore("[PHONE_7] [NAME_1] [phone_1] PHONE_1") == "[PHONE_7] [NAME_1] [phone_1] PHONE_1"


def test_a_value_has_one_token_in_all_texts_of_a_question():
    covered = cover()

    texts = [covered.hide(text) for text in ("Ask Bob Carter, 512-555-0143", "512-555-0143 again, by Carter")]

    assert texts == ["Ask Bob Carter, [PHONE_1]", "[PHONE_1] again, by Carter"]
    assert covered.hide("Call Bob. Bob sells.") == "Call [NAME_1]. [NAME_1] sells."


def test_a_reply_is_restored_wherever_it_has_text():
    covered = cover()
    covered.hide("Call Maria at 512-555-0143")
    reply = {"facts": [{"quote": "Call [NAME_1] at [PHONE_1]", "at": 3}], "sure": True, "none": None}

    restored = covered.restore_all(reply)

    assert restored == {"facts": [{"quote": "Call Maria at 512-555-0143", "at": 3}], "sure": True, "none": None}


PIECES = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [*PERSONAL, "Maria", "GONZALEZ", "[PHONE_1]", "[NAME_1_2]", "[", "]", "_1]", "[PHONE_", "555-0143"]
    ),
    st.sampled_from(
        ["Call Bob Carter", "77 Oak St", "sue at example dot org", "２", "\u200b", "ﬁ", "İ", "é", "㎏"]
    ),
)
TEXTS = st.lists(PIECES, max_size=8).map("".join)


@given(st.lists(TEXTS, min_size=1, max_size=3))
@example(["[[PHONE_1]]", "[TEXT_1]"])
@example(["5̈125550143̈ [NAME_1"])
def test_hiding_and_restoring_gives_back_every_letter(texts):
    covered = cover()

    hidden = [covered.hide(text) for text in texts]

    assert [covered.restore(text) for text in hidden] == texts
    assert all(token in covered.hidden for text in hidden for token in TOKEN.findall(text))


DIGIT = st.sampled_from([0, 1, 2])
GAPS = st.sampled_from(["", "", "-", " ", ".", ") ", " - ", "/", "\u200b", " ", "–", "_", "*", "dash"])


@given(
    st.lists(DIGIT, min_size=10, max_size=10),
    st.lists(GAPS, min_size=10, max_size=10),
    st.sampled_from(["", "+1 ", "1-"]),
)
def test_no_spelling_of_a_known_number_survives(ways, gaps, country):
    def spelt(digit: int, way: int) -> str:
        return (str(digit), WORDS[digit], chr(0xFF10 + digit))[way]

    number = "".join(spelt(int(digit), way) + gap for digit, way, gap in zip(NUMBER, ways, gaps, strict=True))
    covered = cover()

    hidden = covered.hide(f"Text {country}{number} after five, or sell it to 2 of us for $350,000.")

    assert not find_phones(hidden)
    assert "0143" not in folded(hidden)
    assert "$350,000" in hidden
    assert hidden.startswith("Text ")


@given(
    st.sampled_from(
        ["{f} {l}", "{l}, {f}", "{f} R. {l}", "{l} {f}", "{f}-{l}", "{f}.{l}", "{f}_{l}", "{f}{l}", "{f}", "{l}"]
    ),
    st.sampled_from([str.upper, str.lower, str.title, lambda name: name.replace("a", "á").replace("o", "ö")]),
    st.sampled_from(["for sale by {} of Austin", "({})", "{}'s home", "“{}”", "{}", "a,{};b", "#{}!"]),
)
def test_no_spelling_of_a_known_name_survives(order, case, sentence):
    name = case(order.format(f="maria", l="gonzalez"))

    hidden = folded(cover().hide(sentence.format(name)))

    assert "maria" not in hidden
    assert "gonzalez" not in hidden


@given(
    st.sampled_from(["@", " @ ", " at ", "[at]", " (at) ", "＠"]),
    st.sampled_from([".", " . ", " dot ", "[dot]", " (dot) "]),
    st.sampled_from([str.upper, str.lower]),
)
def test_no_spelling_of_a_known_email_survives(at, dot, case):
    written = case(f"maria{dot}gonzalez88{at}example{dot}com")

    hidden = cover().hide(f"Write to {written} please")

    assert not find_emails(hidden)
    assert "gonzalez88" not in folded(hidden)


@given(TEXTS, st.lists(st.integers(0, 60), max_size=12))
def test_a_stream_is_restored_alike_wherever_it_breaks(text, breaks):
    covered = cover()
    hidden = covered.hide(f"Call Maria at 512-555-0143. {text}") + " [NAME_9] and [PHONE"
    cuts = sorted({min(cut, len(hidden)) for cut in breaks} | {0, len(hidden)})
    stream = covered.stream()

    parts = [stream.feed(hidden[start:end]) for start, end in itertools.pairwise(cuts)]

    assert "".join([*parts, stream.end()]) == covered.restore(hidden)


@pytest.mark.parametrize(
    "text",
    [
        "a" * 20_000,
        "1 " * 9_000,
        "one" * 6_000,
        "a@" * 9_000,
        "five dash " * 2_000,
        " at a dot" * 2_500,
        "o" * 20_000,
    ],
)
def test_a_text_made_to_be_slow_is_not(text):
    assert cover().restore(cover().hide(text)) in (text, cover().hide(text))
