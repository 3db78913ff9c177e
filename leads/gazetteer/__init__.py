"""Where places are: every ZIP code, city, county and state of the country, airports and well-known places; offline.

``finding`` answers what a name means, ``names`` how names are compared, ``table`` reads the two files, ``building``
makes the larger one from packages. What no list knows is not guessed.
"""

from leads.gazetteer.finding import Place, county_zips, find_county, find_place, find_place_around, find_zip_place

__all__ = ["Place", "county_zips", "find_county", "find_place", "find_place_around", "find_zip_place"]
