"""What a RESO server has, by its own ``$metadata``: resources, fields and the values that fields may take.

Read are OData CSDL as XML (Data Dictionary 1.7 and 2.0), CSDL as JSON, and RESO's metadata report. Names and values
that a server made its own are brought back to the standard ones by ``RESO.OData.Metadata.StandardName``. The XML
comes from somebody else: no document type, no entities, no network, and not more than ``MOST_BYTES``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

from lxml import etree

from scraping.readers.page import as_dict, as_list, is_json, load_json
from scraping.readers.reso.answers import Row
from scraping.readers.reso.statuses import squash

MOST_BYTES: Final = 24 * 1024 * 1024
STANDARD_NAME: Final = "RESO.OData.Metadata.StandardName"
LOOKUP_NAME: Final = "RESO.OData.Metadata.LookupName"
STRUCTURE: Final = frozenset(
    {"Edmx", "DataServices", "Schema", "EntityType", "ComplexType", "EnumType", "Member", "Property", "Key",
     "EntityContainer", "EntitySet", "NavigationProperty"}
)  # fmt: skip
_COLLECTION = re.compile(r"^Collection\((.+)\)$")


class UnreadableMetadata(ValueError):
    """The server's description of itself cannot be read; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a resource.

    :param name: as the server calls it
    :param label: what its annotation says it is in the standard ("List Price"); "" without one
    :param edm_type: "Edm.String", or the full name of an enumeration or complex type
    :param lookup: the name of its values' lookup; "" for a free value
    """

    name: str
    label: str = ""
    edm_type: str = "Edm.String"
    is_collection: bool = False
    lookup: str = ""

    @property
    def is_numeric(self) -> bool:
        """Whether a literal of it stands without quotes in a filter."""
        return self.edm_type in {"Edm.Int16", "Edm.Int32", "Edm.Int64", "Edm.Byte", "Edm.Decimal", "Edm.Double"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One resource; ``expandable`` are its links to other resources, by name."""

    name: str
    key_names: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict)
    expandable: frozenset[str] = frozenset()
    base: str = ""

    def names_of(self, standard_names: tuple[str, ...]) -> dict[str, Field]:
        """Standard name → the field that holds it here: by its own name, else by its annotation."""
        labelled = {squash(item.label): item for item in self.fields.values() if item.label}
        found = {name: self.fields.get(name) or labelled.get(squash(name)) for name in standard_names}
        return {name: item for name, item in found.items() if item is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """All resources by name, and each lookup's values: what the server writes → what it stands for."""

    resources: Mapping[str, Resource]
    lookups: Mapping[str, Mapping[str, str]]

    def resource(self, name: str) -> Resource | None:
        """The resource of that name, with what it inherits."""
        own = self.resources.get(name)
        base = self.resource(own.base) if own and own.base and own.base != name else None
        if own is None or base is None:
            return own
        return Resource(
            name=own.name,
            key_names=own.key_names or base.key_names,
            fields={**base.fields, **own.fields},
            expandable=own.expandable | base.expandable,
        )


def read_metadata(body: bytes) -> Schema:
    """Read a description in any of the three forms.

    :raises UnreadableMetadata: it is too large, broken, or describes no resource
    """
    if len(body) > MOST_BYTES:
        raise UnreadableMetadata(f"The metadata is larger than {MOST_BYTES // 1024 // 1024} MB.")
    schema = _read_json(body) if is_json(body) else _read_xml(body)
    if not schema.resources:
        raise UnreadableMetadata("The metadata describes no resource.")
    return schema


def looks_like_metadata(body: bytes) -> bool:
    """Whether ``body`` opens as one of the three forms does."""
    start = body[:4000]
    if is_json(body):
        return b'"$Version"' in start or (b'"generatedOn"' in start and b'"resources"' in start)
    return b"Edmx" in start


def describe(body: bytes) -> str:
    """One sentence about a description, whole or broken: it is no page of listings either way."""
    try:
        schema = read_metadata(body)
    except UnreadableMetadata as error:
        return f"This is the metadata of a RESO service, and it cannot be read. {error}"
    listing = schema.resource("Property")
    fields = f", {len(listing.fields)} fields of Property" if listing else ""
    holds = f"{len(schema.resources)} resources{fields}"
    return f"This is the metadata of a RESO service, which holds no listings: {holds}."


# XML


def _read_xml(body: bytes) -> Schema:
    """Element by element: a description of 20 MB is never a tree of 300."""
    notes = _Notes()
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise UnreadableMetadata("The metadata declares a document type, which no server needs.")
    walk = etree.iterparse(BytesIO(body), events=("end",), resolve_entities=False, no_network=True, load_dtd=False)
    try:
        for _, element in walk:
            _refuse_stray_text(element)
            _note_element(notes, element)
    except etree.XMLSyntaxError as error:
        raise UnreadableMetadata(f"The metadata is broken XML: {error}") from error
    return notes.schema()


def _refuse_stray_text(element: Any) -> None:
    """Words between elements are a page cut or pasted wrongly; XML forgives them and the standard does not."""
    is_bare = element.tag is not etree.Comment and etree.QName(element).localname in STRUCTURE
    stray = [text for text in (element.text if is_bare else "", *(child.tail for child in element)) if text]
    if is_bare and any(text.strip() for text in stray):
        raise UnreadableMetadata(f"There is stray text inside {etree.QName(element).localname}.")


def _note_element(notes: _Notes, element: Any) -> None:
    name = etree.QName(element).localname
    if name in {"EntityType", "ComplexType"}:
        notes.add_type(_entity_type(element))
    elif name == "EnumType":
        notes.add_enumeration(element.get("Name", ""), dict(_members(element)))
    elif name == "EntitySet":
        notes.sets[element.get("Name", "")] = _last(element.get("EntityType", ""))
    elif name == "Annotations":
        notes.note_target(element.get("Target", ""), _annotations(element))
    if name in {"EntityType", "ComplexType", "EnumType", "Annotations"}:
        element.clear()


def _entity_type(element: Any) -> Resource:
    keys = [item.get("Name", "") for item in element.iter("{*}PropertyRef")]
    links = [item.get("Name", "") for item in element.iterchildren("{*}NavigationProperty")]
    fields = [_field(item) for item in element.iterchildren("{*}Property")]
    return Resource(
        name=element.get("Name", ""),
        key_names=tuple(keys),
        fields={item.name: item for item in fields},
        expandable=frozenset(links),
        base=_last(element.get("BaseType", "")),
    )


def _field(element: Any) -> Field:
    return _described(element.get("Name", ""), element.get("Type", "Edm.String"), _annotations(element))


def _described(name: str, edm_type: str, told: Mapping[str, str]) -> Field:
    collection = _COLLECTION.match(edm_type)
    inner = collection[1] if collection else edm_type
    is_enumeration = not inner.startswith("Edm.")
    return Field(
        name=name,
        label=told.get(STANDARD_NAME, ""),
        edm_type=inner,
        is_collection=collection is not None,
        lookup=told.get(LOOKUP_NAME) or (_last(inner) if is_enumeration else ""),
    )


def _members(element: Any) -> Iterator[tuple[str, str]]:
    for member in element.iterchildren("{*}Member"):
        name = member.get("Name", "")
        yield name, _annotations(member).get(STANDARD_NAME) or name


def _annotations(element: Any) -> dict[str, str]:
    """Term → text, whether it stands in the attribute ``String`` or in an element of that name."""
    told = {}
    for note in element.iterchildren("{*}Annotation"):
        text = note.get("String") or note.findtext("{*}String") or ""
        told[note.get("Term", "")] = text.strip()
    return told


def _last(name: str) -> str:
    return name.rpartition(".")[2]


class _Notes:
    """What was met of a description so far."""

    def __init__(self) -> None:
        self.sets: dict[str, str] = {}
        self._types: dict[str, Resource] = {}
        self._lookups: dict[str, dict[str, str]] = {}
        self._labels: dict[tuple[str, str], Mapping[str, str]] = {}

    def add_type(self, resource: Resource) -> None:
        self._types[resource.name] = resource

    def add_enumeration(self, name: str, values: dict[str, str]) -> None:
        self._lookups.setdefault(name, {}).update(values)

    def note_target(self, target: str, told: Mapping[str, str]) -> None:
        """Annotations may stand apart from what they describe: ``Namespace.Property/L_Price``."""
        owner, _, name = target.partition("/")
        if name:
            self._labels[_last(owner), name] = told

    def schema(self) -> Schema:
        for (owner, name), told in self._labels.items():
            self._apply(owner, name, told)
        by_set = {name: self._types[kind] for name, kind in self.sets.items() if kind in self._types}
        return Schema(resources={**self._types, **by_set}, lookups=self._lookups)

    def _apply(self, owner: str, name: str, told: Mapping[str, str]) -> None:
        if owner in self._lookups and STANDARD_NAME in told:
            self._lookups[owner][name] = told[STANDARD_NAME]
        kind = self._types.get(owner)
        if kind is None or name not in kind.fields:
            return
        old = kind.fields[name]
        whole = f"Collection({old.edm_type})" if old.is_collection else old.edm_type
        told = {STANDARD_NAME: old.label, LOOKUP_NAME: old.lookup, **told}
        fields = {**kind.fields, name: _described(name, whole, told)}
        self._types[owner] = Resource(
            name=kind.name, key_names=kind.key_names, fields=fields, expandable=kind.expandable, base=kind.base
        )


# JSON


def _read_json(body: bytes) -> Schema:
    try:
        document = as_dict(load_json(body))
    except ValueError as error:
        raise UnreadableMetadata(str(error)) from error
    return _report(document) if isinstance(document.get("fields"), list) else _json_schema(document)


def _json_schema(document: Row) -> Schema:
    """CSDL JSON: namespaces hold types by name; what starts with $ or holds @ describes its neighbour."""
    notes = _Notes()
    for namespace, members in document.items():
        if not namespace.startswith("$"):
            for name, item in as_dict(members).items():
                _note_json_type(notes, name, as_dict(item))
    return notes.schema()


def _note_json_type(notes: _Notes, name: str, item: Row) -> None:
    kind = item.get("$Kind")
    if kind in {"EntityType", "ComplexType"}:
        notes.add_type(_json_type(name, item))
    elif kind == "EnumType":
        names = [member for member in item if not member.startswith(("$", "@")) and "@" not in member]
        notes.add_enumeration(name, {one: str(item.get(f"{one}@{STANDARD_NAME}") or one) for one in names})
    elif kind == "EntityContainer":
        sets = {one: as_dict(told) for one, told in item.items() if not one.startswith(("$", "@"))}
        notes.sets.update({one: _last(str(told.get("$Type", ""))) for one, told in sets.items()})


def _json_type(name: str, item: Row) -> Resource:
    told = {one: as_dict(value) for one, value in item.items() if not one.startswith(("$", "@"))}
    links = {one for one, value in told.items() if value.get("$Kind") == "NavigationProperty"}
    return Resource(
        name=name,
        key_names=tuple(str(key) for key in as_list(item.get("$Key"))),
        fields={one: _json_field(one, value) for one, value in told.items() if one not in links},
        expandable=frozenset(links),
        base=_last(str(item.get("$BaseType", ""))),
    )


def _json_field(name: str, item: Row) -> Field:
    edm_type = str(item.get("$Type", "Edm.String"))
    notes = {key[1:]: str(value) for key, value in item.items() if key.startswith("@")}
    return _described(name, f"Collection({edm_type})" if item.get("$Collection") else edm_type, notes)


def _report(document: Row) -> Schema:
    """RESO's metadata report: one flat list of fields and one of lookup values."""
    fields: dict[str, dict[str, Field]] = {}
    links: dict[str, set[str]] = {}
    for item in map(as_dict, as_list(document.get("fields"))):
        resource, name = str(item.get("resourceName")), str(item.get("fieldName"))
        if item.get("isExpansion"):
            links.setdefault(resource, set()).add(name)
        edm_type = str(item.get("type", "Edm.String"))
        whole = f"Collection({edm_type})" if item.get("isCollection") else edm_type
        fields.setdefault(resource, {})[name] = _described(name, whole, _report_notes(item))
    lookups: dict[str, dict[str, str]] = {}
    for item in map(as_dict, as_list(document.get("lookups"))):
        value = str(item.get("lookupValue"))
        values = lookups.setdefault(_last(str(item.get("lookupName"))), {})
        values[value] = _report_notes(item).get(STANDARD_NAME) or value
    resources = {
        name: Resource(name=name, fields=known, expandable=frozenset(links.get(name, ())))
        for name, known in fields.items()
    }
    return Schema(resources=resources, lookups=lookups)


def _report_notes(item: Row) -> dict[str, str]:
    notes = map(as_dict, as_list(item.get("annotations")))
    return {str(note.get("term")): str(note.get("value") or "") for note in notes}


# Lookup resource


def lookup_values(rows: Iterator[Row]) -> dict[str, dict[str, str]]:
    """The rows of the Lookup resource, as ``Schema.lookups`` has them: written value → standard value."""
    lookups: dict[str, dict[str, str]] = {}
    for row in rows:
        value = str(row.get("LookupValue") or "")
        standard = str(row.get("StandardLookupValue") or value)
        values = lookups.setdefault(str(row.get("LookupName") or ""), {})
        values.update({str(written): standard for written in (value, row.get("LegacyODataValue")) if written})
    return lookups
