"""Where Zillow's payloads keep the facts of a home: searches, home pages, buildings, exports."""

from __future__ import annotations

from scraping.readers.payload import Shape

_INFO = "hdpData.homeInfo"
_PLACE = frozenset({"address_lines", "city", "state", "zip", "latitude", "longitude"})

SEARCH_ITEM = Shape(
    paths={
        "external_id": ("zpid", "id"),
        "url": ("detailUrl",),
        "title": ("buildingName", "address"),
        "asking_price_text": ("unformattedPrice", "price", f"{_INFO}.price"),
        "currency": (f"{_INFO}.currency",),
        "beds_text": ("beds", f"{_INFO}.bedrooms"),
        "baths_text": ("baths", f"{_INFO}.bathrooms"),
        "area_text": ("area", f"{_INFO}.livingArea"),
        "address_lines": ("addressStreet", f"{_INFO}.streetAddress"),
        "city": ("addressCity", f"{_INFO}.city"),
        "state": ("addressState", f"{_INFO}.state"),
        "zip": ("addressZipcode", f"{_INFO}.zipcode"),
        "latitude": ("latLong.latitude", f"{_INFO}.latitude"),
        "longitude": ("latLong.longitude", f"{_INFO}.longitude"),
        "contact_name": ("brokerName",),
        "property_type": (f"{_INFO}.homeType",),
    },
    always=_PLACE | {"external_id", "url", "title", "asking_price_text"},
)
"""One of ``searchResults.listResults``, since 2020. What is unknown has no key, so little can be called lost."""

PROPERTY = Shape(
    paths={
        "external_id": ("zpid",),
        "url": ("hdpUrl", "url", "bdpUrl"),
        "asking_price_text": ("price",),
        "currency": ("currency",),
        "beds_text": ("bedrooms",),
        "baths_text": ("bathrooms",),
        "area_text": ("livingArea", "livingAreaValue"),
        "address_lines": ("streetAddress", "address.streetAddress", "abbreviatedAddress"),
        "city": ("city", "address.city"),
        "state": ("state", "address.state"),
        "zip": ("zipcode", "address.zipcode"),
        "country": ("country",),
        "neighborhood": ("address.neighborhood", "neighborhoodRegion.name"),
        "latitude": ("latitude",),
        "longitude": ("longitude",),
        "posted_text": ("datePostedString", "datePosted"),
        "updated_text": ("attributionInfo.lastUpdated",),
        "contact_name": (
            "attributionInfo.agentName",
            "postingContact.name",
            "rentalListingOwnerContact.displayName",
            "contactFormRenderData.data.agent_module.display_name",
            "contact_recipients.0.display_name",
            "attributionInfo.brokerName",
            "brokerageName",
        ),
        "property_type": ("homeType",),
        "description": ("description",),
    },
    always=_PLACE
    | {"external_id", "url", "asking_price_text", "currency", "beds_text", "baths_text", "area_text"}
    | {"property_type", "description"},
)
"""The ``property`` of a home's page: the answer to one query, which names every field it was asked for."""

BUILDING = Shape(
    paths={
        "external_id": ("zpid", "lotId", "buildingId"),
        "url": ("bdpUrl", "url"),
        "title": ("buildingName", "fullAddress"),
        "address_lines": ("address.streetAddress", "streetAddress"),
        "city": ("address.city", "city"),
        "state": ("address.state", "state"),
        "zip": ("address.zipcode", "zipcode"),
        "latitude": ("latitude",),
        "longitude": ("longitude",),
        "description": ("description",),
        "contact_name": ("contactInfo.agentFullName", "contactInfo.businessName"),
        "property_type": ("homeTypes.0", "buildingType"),
    },
    always=_PLACE | {"title", "description"},
)
"""A building with homes to let. It has no price, rooms or area of its own: its units have."""

API_PROPERTY = Shape(
    paths={
        "external_id": ("zpid",),
        "url": ("hdpView.hdpUrl", "hdpUrl", "url"),
        "title": ("title",),
        "asking_price_text": ("price.value",),
        "currency": ("currency",),
        "beds_text": ("bedrooms",),
        "baths_text": ("bathrooms",),
        "area_text": ("livingArea",),
        "address_lines": ("address.streetAddress",),
        "city": ("address.city",),
        "state": ("address.state",),
        "zip": ("address.zipcode",),
        "country": ("country",),
        "latitude": ("location.latitude",),
        "longitude": ("location.longitude",),
        "posted_text": ("listingDateTimeOnZillow",),
        "contact_name": ("propertyDisplayRules.agent.agentName", "propertyDisplayRules.mls.brokerName"),
        "property_type": ("propertyType",),
    },
    always=_PLACE | {"external_id", "asking_price_text"},
)
"""``data.searchResults[].property`` of the mobile API of 2024, as resellers pass it on."""

EXPORTED_ITEM = Shape(
    paths={
        "external_id": ("zpid",),
        "url": ("propertyUrl", "detailUrl", "hdpUrl", "url"),
        "asking_price_text": ("listingPrice.amount", "price"),
        "currency": ("listingPrice.currency", "currency"),
        "beds_text": ("bedrooms", "beds"),
        "baths_text": ("bathrooms", "baths"),
        "area_text": ("livingArea", "area"),
        "address_lines": ("listingAddress.street", "address"),
        "city": ("listingAddress.city",),
        "state": ("listingAddress.state",),
        "zip": ("listingAddress.zipCode",),
        "country": ("listingAddress.country", "country"),
        "latitude": ("coordinates.latitude", "latitude"),
        "longitude": ("coordinates.longitude", "longitude"),
        "contact_name": ("broker.name", "brokerName"),
        "property_type": ("homeType", "propertyType"),
        "description": ("description",),
    },
    always=frozenset({"external_id", "url", "asking_price_text", "address_lines", "latitude", "longitude"}),
)
"""Flat items of exporters: Apify's since 2025, RapidAPI's ``props[]`` before."""
