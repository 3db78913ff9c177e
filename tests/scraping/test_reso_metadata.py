"""What a server says it has: the standard's own descriptions against their sidecars, and hostile ones."""

import json

import pytest

from scraping.readers.reso.metadata import UnreadableMetadata, lookup_values, read_metadata

LOCAL_NAMES = b"""<?xml version="1.0"?>
<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0"><edmx:DataServices>
<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="Acme">
  <EntityType Name="Base"><Key><PropertyRef Name="L_Key"/></Key><Property Name="L_Key" Type="Edm.Int64">
    <Annotation Term="RESO.OData.Metadata.StandardName"><String>Listing Key Numeric</String></Annotation>
  </Property></EntityType>
  <EntityType Name="Listing" BaseType="Acme.Base">
    <Property Name="L_Asking" Type="Edm.Decimal"/>
    <Property Name="Town" Type="Acme.Towns">
      <Annotation Term="RESO.OData.Metadata.StandardName" String="City"/>
    </Property>
    <NavigationProperty Name="Media" Type="Collection(Acme.Media)"/>
  </EntityType>
  <EnumType Name="Towns"><Member Name="BonnersFerry">
    <Annotation Term="RESO.OData.Metadata.StandardName" String="Bonners Ferry"/></Member></EnumType>
  <Annotations Target="Acme.Listing/L_Asking">
    <Annotation Term="RESO.OData.Metadata.StandardName" String="List Price"/></Annotations>
  <EntityContainer Name="C"><EntitySet Name="Property" EntityType="Acme.Listing"/></EntityContainer>
</Schema></edmx:DataServices></edmx:Edmx>"""


@pytest.mark.parametrize(
    ("name", "fields", "values"),
    [
        ("RESODataDictionary-1.7.xml", "property_field_count", "enum_members"),
        ("dd-2.0-lookup-resource.xml", "property_field_count", "enum_members"),
        ("RESODataDictionary-2.0.metadata-report.json", "property_fields", "lookups"),
    ],
)
def test_the_standards_own_descriptions_are_read(shared_data, name, fields, values):
    path = shared_data / "reso" / name
    truth = json.loads(path.with_name(f"{name}.expected.json").read_text())

    schema = read_metadata(path.read_bytes())

    assert len(schema.resource("Property").fields) == truth[fields]
    assert sum(map(len, schema.lookups.values())) == truth[values]
    assert set(truth.get("entity_types", ())) <= set(schema.resources)
    assert len(schema.lookups) == truth.get("enum_types", len(schema.lookups))


def test_a_lookup_names_its_values_and_a_string_field_names_its_lookup(shared_data):
    enumerated = read_metadata((shared_data / "reso/RESODataDictionary-1.7.xml").read_bytes())
    as_strings = read_metadata((shared_data / "reso/dd-2.0-lookup-resource.xml").read_bytes())

    status, plain = (item.resource("Property").fields["StandardStatus"] for item in (enumerated, as_strings))
    assert (status.lookup, plain.lookup, plain.edm_type) == ("StandardStatus", "StandardStatus", "Edm.String")
    assert enumerated.lookups["StandardStatus"]["ActiveUnderContract"] == "Active Under Contract"
    assert "Media" in as_strings.resource("Property").expandable
    assert as_strings.resource("EntityEvent").key_names == ("EntityEventSequence",)


def test_local_names_and_values_are_brought_back_to_the_standard():
    schema = read_metadata(LOCAL_NAMES)

    listing = schema.resource("Property")
    found = listing.names_of(("ListPrice", "City", "ListingKeyNumeric", "BedroomsTotal"))
    assert {name: item.name for name, item in found.items()} == {
        "ListPrice": "L_Asking",
        "City": "Town",
        "ListingKeyNumeric": "L_Key",
    }
    assert (listing.key_names, found["ListingKeyNumeric"].is_numeric) == (("L_Key",), True)
    assert schema.lookups["Towns"] == {"BonnersFerry": "Bonners Ferry"}


def test_a_description_in_json_says_the_same():
    document = {
        "$Version": "4.01",
        "Acme": {
            "Listing": {
                "$Kind": "EntityType",
                "$Key": ["L_Key"],
                "L_Key": {"$Type": "Edm.Int64"},
                "Town": {"$Type": "Acme.Towns", "@RESO.OData.Metadata.StandardName": "City"},
                "Media": {"$Kind": "NavigationProperty", "$Collection": True, "$Type": "Acme.Media"},
            },
            "Towns": {
                "$Kind": "EnumType",
                "BonnersFerry": 0,
                "BonnersFerry@RESO.OData.Metadata.StandardName": "B F",
            },
            "C": {"$Kind": "EntityContainer", "Property": {"$Collection": True, "$Type": "Acme.Listing"}},
        },
    }

    schema = read_metadata(json.dumps(document).encode())

    listing = schema.resource("Property")
    assert listing.names_of(("City",))["City"].name == "Town"
    assert (listing.key_names, listing.expandable) == (("L_Key",), frozenset({"Media"}))
    assert schema.lookups["Towns"] == {"BonnersFerry": "B F"}


def test_rows_of_the_lookup_resource_lead_from_every_spelling_to_the_standard_value():
    rows = [
        {"LookupName": "StandardStatus", "LookupValue": "Under Offer", "StandardLookupValue": "Pending",
         "LegacyODataValue": "UnderOffer"},
        {"LookupName": "StandardStatus", "LookupValue": "Active", "StandardLookupValue": None},
    ]  # fmt: skip

    assert lookup_values(iter(rows)) == {
        "StandardStatus": {"Under Offer": "Pending", "UnderOffer": "Pending", "Active": "Active"}
    }


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><edmx:Edmx xmlns:edmx="e">&b;</edmx:Edmx>'


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (BOMB, "document type"),
        (b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>', "document type"),
        (b"<Edmx>", "broken XML"),
        (b"", "broken XML"),
        (b"<Edmx/>", "no resource"),
        (b"{}", "no resource"),
        (b'{"broken":', "not valid JSON"),
        (b" " * (25 * 1024 * 1024), "larger than 24 MB"),
    ],
    ids=["bomb", "file", "cut", "empty", "bare", "bare-json", "broken-json", "large"],
)
def test_a_hostile_or_broken_description_is_refused_with_a_reason(body, reason):
    with pytest.raises(UnreadableMetadata, match=reason):
        read_metadata(body)


def test_the_standards_broken_example_is_refused(shared_data):
    with pytest.raises(UnreadableMetadata, match="stray text inside Edmx"):
        read_metadata((shared_data / "reso/commander_bad-edmx-unparsable-xml.xml").read_bytes())
