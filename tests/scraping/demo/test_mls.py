"""The listing service's Web API."""

from collections import Counter

import pytest
from parsel import Selector

from scraping.demo.adverts import Site


def _collect(mls, query):
    """Follow next links from the first page to the last."""
    address, records, pages = f"/odata/Property?{query}", [], 0
    while address:
        page = mls.get(address).json()
        records += page["value"]
        pages += 1
        address = page.get("@odata.nextLink")
    return records, pages


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic YTpi"}])
@pytest.mark.parametrize("path", ["/odata/", "/odata/$metadata", "/odata/Property", "/odata/Property('1')"])
def test_without_the_token_everything_is_refused(visit, header, path):
    response = visit(Site.MLS).get(path, headers=header)

    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert response.json()["error"]["code"] == "Unauthorized"


def test_next_links_lead_to_every_record_once(mls, founding_world):
    records, pages = _collect(mls, "$top=20")

    assert pages == 5
    assert Counter(record["ListingKey"] for record in records) == Counter(
        advert.key for advert in founding_world.on_site(Site.MLS)
    )


def test_the_service_limits_the_size_of_a_page(mls):
    page = mls.get("/odata/Property?$top=1000&$count=true").json()

    assert len(page["value"]) == 50
    assert page["@odata.count"] == 85
    assert "@odata.nextLink" in page


def test_the_last_page_names_no_next_one(mls):
    page = mls.get("/odata/Property?$top=20&$skip=80").json()

    assert len(page["value"]) == 5
    assert "@odata.nextLink" not in page


def test_a_page_past_the_end_is_empty(mls):
    page = mls.get("/odata/Property?$skip=500").json()

    assert page["value"] == []
    assert "@odata.nextLink" not in page


def test_filters_survive_paging(mls):
    records, pages = _collect(mls, "$top=10&$filter=StandardStatus eq 'Expired'")

    assert pages > 2
    assert {record["StandardStatus"] for record in records} == {"Expired"}


def test_records_modified_since_a_time_can_be_asked_for(mls):
    everything, _ = _collect(mls, "$orderby=ModificationTimestamp")
    since = everything[60]["ModificationTimestamp"]

    newer, _ = _collect(mls, f"$filter=ModificationTimestamp gt {since}&$orderby=ModificationTimestamp")

    assert newer == everything[61:]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("StandardStatus in ('Active','Expired')", 58),
        ("StandardStatus eq 'Expired' and BedroomsTotal ge 1", 42),
        ("StandardStatus ne 'Expired'", 43),
        ("ListPrice lt 1", 0),
        ("CloseDate ne null", 12),
        ("CloseDate eq null", 73),
        ("CloseDate gt 2020-01-01", 12),
        ("StreetName eq 'O''Nobody'", 0),
    ],
)
def test_filters_find_what_they_say(mls, text, count):
    assert mls.get("/odata/Property", params={"$filter": text, "$count": "true"}).json()["@odata.count"] == count


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("$filter", "Nonsense eq 1"),
        ("$filter", "ListPrice about 3"),
        ("$filter", "ListPrice gt many"),
        ("$filter", "ListPrice gt 'a'"),
        ("$orderby", "Nonsense desc"),
        ("$select", "ListPrice,Nonsense"),
        ("$top", "-1"),
        ("$skip", "x"),
        ("$apply", "groupby"),
    ],
)
def test_a_query_that_cannot_be_understood_is_answered_with_its_fault(mls, option, value):
    response = mls.get("/odata/Property", params={option: value})

    assert response.status_code == 400
    assert response.json()["error"]["code"] == "BadRequest"
    assert response.json()["error"]["target"] == option


def test_fields_are_chosen_and_ordered(mls):
    page = mls.get("/odata/Property?$select=ListingKey,ListPrice&$orderby=ListPrice desc&$top=10").json()

    prices = [record["ListPrice"] for record in page["value"]]
    assert prices == sorted(prices, reverse=True)
    assert all(record.keys() == {"ListingKey", "ListPrice"} for record in page["value"])


def test_one_record_is_found_by_its_key(mls, founding_world):
    advert = founding_world.on_site(Site.MLS)[0]

    record = mls.get(f"/odata/Property('{advert.key}')").json()

    assert record["ListingKey"] == advert.key
    assert record["PostalCode"] == advert.zip_code
    assert mls.get(record["Media"][0]["MediaURL"]).headers["content-type"] == "image/jpeg"


def test_an_unknown_key_is_not_found(mls):
    response = mls.get("/odata/Property('none')")

    assert response.status_code == 404
    assert response.json()["error"]["code"] == "NotFound"


def test_the_root_and_the_metadata_describe_the_resource(mls):
    [entity_set] = mls.get("/odata/").json()["value"]
    schema = Selector(mls.get("/odata/$metadata").text, type="xml")

    described = set(schema.xpath("//*[local-name() = 'Property']/@Name").getall())
    assert entity_set["url"] == "Property"
    assert mls.get("/odata/Property?$top=1").json()["value"][0].keys() <= described


def test_expired_listings_have_ended_and_name_no_owner(mls, founding_world):
    records, _ = _collect(mls, "$filter=StandardStatus eq 'Expired'")
    owners = {home.owner.full_name for home in founding_world.homes}

    for record in records:
        assert record["ExpirationDate"] <= f"{founding_world.today}"
        assert record["ListAgentFullName"]
        assert not any(owner in record["PublicRemarks"] for owner in owners)
