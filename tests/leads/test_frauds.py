"""Real scam mails are flagged, and real owners' adverts are let pass."""

from bench import frauds


def test_scam_mails_are_flagged_and_at_most_three_in_a_hundred_owners(shared_data):
    told = {share.name: share for share in frauds.shares(shared_data)}

    mails = told.pop("frauds: scam mails flagged")
    assert mails.ours_right == mails.cases >= 2
    assert sum(share.cases for share in told.values()) > 290
    assert all(share.ours_right >= 0.97 * share.cases for share in told.values())
