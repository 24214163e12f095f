"""Reads a page strictly, as XML, so that a tag that is not closed or a quote that is missing fails the test."""

from xml.etree import ElementTree as ET

LOADING = {"src", "srcset", "data", "poster", "action", "formaction", "background", "ping", "xlink:href"}


def read(page):
    assert page.startswith("<!DOCTYPE html>\n")
    return ET.fromstring(page)


def said(element):
    """Return the text of an element on one line."""
    return " ".join("".join(element.itertext()).split())


def table(root, caption):
    """Return the rows of the table with a caption, each as the list of its cells."""
    found = [one for one in root.iter("table") if said(one.find("caption")) == caption]
    assert len(found) == 1, caption
    return [[said(cell) for cell in row] for row in found[0].iter("tr")]


def pairs(root):
    """Return each term of a page with its description."""
    return [
        f"{said(pair.find('dt'))} {said(pair.find('dd'))}" for pair in root.iter("div") if pair.find("dt") is not None
    ]


def headings(root):
    return [(int(one.tag[1]), said(one)) for one in root.iter() if one.tag in {"h1", "h2", "h3", "h4", "h5", "h6"}]
