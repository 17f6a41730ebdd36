"""XML of a stranger as a tree: no entities, no document type, bounded depth and size."""

from io import BytesIO
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ty_assets.profiles.reading.answer import UnreadableCv
from ty_assets.profiles.reading.limits import MAX_XML_DEPTH, MAX_XML_ELEMENTS


def parsed(data: bytes, kind: str) -> Element:
    """The root element. Raises UnreadableCv `malformed`: no well-formed XML, too deep or too large, or with a DTD."""
    depth = elements = 0
    root: Element | None = None
    try:
        for event, element in iterparse(BytesIO(data), events=("start", "end"), forbid_dtd=True):
            depth += 1 if event == "start" else -1
            elements += event == "start"
            if depth > MAX_XML_DEPTH or elements > MAX_XML_ELEMENTS:
                raise UnreadableCv("malformed", kind=kind)
            root = element if root is None else root
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:  # LookupError: an unknown encoding
        raise UnreadableCv("malformed", kind=kind) from error
    if root is None:
        raise UnreadableCv("malformed", kind=kind)
    return root
