"""Where Redfin's payloads keep the facts of a home. Most are wrapped: ``{"value": 3, "level": 1}``."""

from __future__ import annotations

from scraping.readers.payload import Shape

_PLACE = frozenset({"address_lines", "city", "state", "zip", "latitude", "longitude"})

SEARCH_HOME = Shape(
    paths={
        "external_id": ("propertyId",),
        "url": ("url",),
        "asking_price_text": ("price.value", "price", "priceInfo.amount"),
        "beds_text": ("beds", "beds.value"),
        "baths_text": ("baths", "baths.value"),
        "area_text": ("sqFt.value", "sqFt"),
        "address_lines": ("streetLine.value", "streetLine"),
        "city": ("city", "city.value"),
        "state": ("state", "state.value"),
        "zip": ("zip", "postalCode.value", "postalCode"),
        "country": ("countryCode",),
        "neighborhood": ("location.value", "location"),
        "latitude": ("latLong.value.latitude", "latLong.latitude"),
        "longitude": ("latLong.value.longitude", "latLong.longitude"),
        "contact_name": ("listingAgent.name", "listingBroker.name"),
        "description": ("listingRemarks",),
    },
    always=_PLACE | {"external_id", "url", "asking_price_text"},
)
"""One of ``payload.homes`` of the map's search. An unknown fact keeps its wrapper and loses its value."""

RENTAL_HOME = Shape(
    paths={
        "external_id": ("homeData.propertyId", "rentalExtension.rentalId"),
        "url": ("homeData.url",),
        "title": ("rentalExtension.propertyName",),
        "address_lines": ("homeData.addressInfo.formattedStreetLine",),
        "city": ("homeData.addressInfo.city",),
        "state": ("homeData.addressInfo.state",),
        "zip": ("homeData.addressInfo.zip",),
        "latitude": ("homeData.addressInfo.centroid.centroid.latitude",),
        "longitude": ("homeData.addressInfo.centroid.centroid.longitude",),
        "description": ("rentalExtension.description",),
    },
    always=_PLACE | {"external_id", "url"},
)
"""One of the homes of the search for rentals: rents, rooms and areas are ranges over its units."""

_ABOVE = "aboveTheFold.addressSectionInfo"
_PANEL = "mainHouseInfoPanelInfo.mainHouseInfo"

HOME_PAGE = Shape(
    paths={
        "external_id": ("initialInfo.propertyId", f"{_ABOVE}.propertyId", f"{_PANEL}.propertyId"),
        "url": (f"{_ABOVE}.url", "initialInfo.canonicalUrl", f"{_PANEL}.url"),
        "asking_price_text": (f"{_ABOVE}.priceInfo.amount", f"{_ABOVE}.latestPriceInfo.amount"),
        "beds_text": (f"{_ABOVE}.beds",),
        "baths_text": (f"{_ABOVE}.baths",),
        "area_text": (f"{_ABOVE}.sqFt.value", f"{_ABOVE}.sqFt"),
        "address_lines": (f"{_ABOVE}.streetAddress.assembledAddress",),
        "city": (f"{_ABOVE}.city",),
        "state": (f"{_ABOVE}.state",),
        "zip": (f"{_ABOVE}.zip",),
        "country": (f"{_ABOVE}.countryCode",),
        "latitude": (
            f"{_ABOVE}.latLong.latitude",
            f"{_ABOVE}.latLong.value.latitude",
            "initialInfo.latLong.value.latitude",
        ),
        "longitude": (
            f"{_ABOVE}.latLong.longitude",
            f"{_ABOVE}.latLong.value.longitude",
            "initialInfo.latLong.value.longitude",
        ),
        "contact_name": (
            f"{_PANEL}.listingAgents.0.agentInfo.agentName",
            f"{_PANEL}.listingAgents.0.brokerName",
        ),
        "description": (f"{_PANEL}.marketingRemarks.0.marketingRemark", "aboveTheFold.listingRemarks"),
    },
    always=_PLACE - {"latitude", "longitude"} | {"asking_price_text", "beds_text", "baths_text", "area_text"},
)
"""A home's page: the answers that its parts were made of, by the name of the question."""
