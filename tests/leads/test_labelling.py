"""The words of an address: mended where a rule of the mail knows better, never worse than the library alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import addresses
from leads.labelling import label_address, label_words


def part(text: str, label: str) -> str:
    return " ".join(word.strip(",") for word, found in label_address(text) if found.startswith(label))


@pytest.mark.parametrize(
    ("text", "label", "words"),
    [
        ("Homer Spit Road, Homer, AK 99603", "StreetName", "Homer Spit Road"),
        ("8361 W Belmont, River Grove, IL 60171", "PlaceName", "River Grove"),
        ("222 Baker St S Kerrville, TX 78028", "PlaceName", "Kerrville"),
        ("16 Court St, Palm Coast, 32137, Florida", "ZipCode", "32137"),
        ("235 N Main StBlacksburg, VA 24060", "PlaceName", "Blacksburg"),
        ("1 E. 116th court# 1, Kenai, AK 99611", "Occupancy", "# 1"),
        ("100 South 1300 West, South Jordan, UT, United States of America", "PlaceName", "South Jordan"),
        ("530 A Ramona Street, San Gabriel CA 91776", "AddressNumber", "530 A"),
        ("456 Oak St (rear), Milwaukee, WI 53202", "Occupancy", "rear"),
        ("5 Elm St Up, Troy NY 12180", "Occupancy", "Up"),
        ("12 Main St Front Royal VA 22630", "PlaceName", "Front Royal"),
        ("45 Church St, Napa, CA, 94558 Napa 45 Church St CA 94558", "AddressNumber", "45"),
    ],
)  # fmt: skip
def test_what_the_library_cannot_know_is_mended(text, label, words):
    assert part(text, label) == words


def test_a_second_copy_is_labelled_as_the_first():
    labelled = label_words("45 Church St, Napa, CA, 94558 Napa 45 Church St CA 94558")

    assert labelled[-5:] == [
        ("45", "AddressNumber"),
        ("Church", "StreetName"),
        ("St", "StreetNamePostType"),
        ("CA", "StateName"),
        ("94558", "ZipCode"),
    ]


@pytest.mark.long
def test_more_labelled_addresses_are_right_than_with_the_library_alone(shared_data):
    told = {share.name: share for share in addresses.shares(shared_data / "addresses")}

    assert told["addresses: all sets"].cases > 2_800
    assert all(share.ours_right >= share.other_right for share in told.values())
    assert all(
        told[name].ours_right > told[name].other_right
        for name in ("addresses: all sets", "addresses: OpenStreetMap", "addresses: every word's label")
    )


@given(st.text(max_size=200))
def test_no_word_is_lost_and_no_text_breaks_it(text):
    told = "".join(word for word, _ in label_words(text))

    assert {sign for sign in told if sign.isalnum()} == {sign for sign in text if sign.isalnum()}
