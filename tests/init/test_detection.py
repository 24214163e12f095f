"""How files are written: told right for every fixture, and for invented files in every way in which they may be written."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from balansfilter.errors import SourceError
from balansfilter.interview.date_formats import FORMATS, guess_formats, is_usable
from balansfilter.interview.file_replies import DateFormat
from balansfilter.interview.look import Given, look_at
from balansfilter.interview.masking import masked
from balansfilter.interview.replies import UnclearError
from balansfilter.interview.text import encoding_of, has_header
from balansfilter.policy.date_format import is_padded
from balansfilter.wording.catalogue import load_wording
from tests.brandfolder import ROOT

DAY_FIRST = "%d-%m-%Y"
ISO = "%Y-%m-%d"

TABLE = [
    ("noorderpost/call_list.csv", "call_list", ",", "utf-8", True, ISO, {
        "customer_id": ("klantnummer",), "phone": ("mobiel", "vast"), "product": ("product",),
        "last_purchase_on": ("laatste_aankoop",), "contract_ended_on": ("einddatum",), "active": ("actief",),
        "first_payment_on": ("eerste_betaling",)}),
    ("noorderpost/objections.csv", "objections", ",", "utf-8", True, ISO, {
        "phone": ("telefoon",), "customer_id": ("klantnummer",), "objected_on": ("datum_bezwaar",),
        "withdrawn_on": ("ingetrokken_op",), "brand": ("merk",)}),
    ("goedgeluk/call_list.csv", "call_list", ",", "utf-8", True, ISO, {
        "customer_id": ("deelnemer",), "phone": ("telefoon",), "last_purchase_on": ("laatste_deelname",),
        "first_payment_on": ("eerste_betaling",)}),
    ("goedgeluk/objections.csv", "objections", ",", "utf-8", True, ISO, {
        "phone": ("telefoon",), "customer_id": ("deelnemer",), "objected_on": ("datum_bezwaar",)}),
    ("goedgeluk/contacts.csv", "contacts", ",", "utf-8", True, ISO, {
        "phone": ("telefoon",), "customer_id": ("deelnemer",), "called_on": ("gebeld_op",),
        "converted": ("geconverteerd",), "objected": ("bezwaar",), "complained": ("klacht",),
        "last_purchase_on": ("laatste_aankoop_destijds",)}),
    ("zonnestroom/call_list.csv", "call_list", ";", "windows-1252", True, DAY_FIRST, {
        "customer_id": ("Klantnummer",), "phone": ("Telefoon",), "product": ("Product",),
        "last_purchase_on": ("Laatste levering",), "consent_on": ("Toestemming gegeven op",),
        "consent_for": ("Toestemming voor",), "consent_proof": ("Bewijs",)}),
    ("zonnestroom/objections.csv", "objections", ";", "windows-1252", True, DAY_FIRST, {
        "phone": ("Telefoonnummer",), "customer_id": ("Klantnummer",), "objected_on": ("Datum bezwaar",),
        "withdrawn_on": ("Ingetrokken op",)}),
    ("kabelkrant/call_list.csv", "call_list", ",", "utf-8", True, ISO, {
        "customer_id": ("klant",), "phone": ("telefoon",), "product": ("product",),
        "last_purchase_on": ("laatste_aankoop",)}),
    ("kabelkrant/objections.csv", "objections", ",", "utf-8", True, ISO, {
        "phone": ("telefoon",), "customer_id": ("klant",), "objected_on": ("datum_bezwaar",)}),
    ("kabelkrant/register.txt", "register", ",", "utf-8", False, ISO, {"phone": ("1",)}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("file", "role", "separator", "encoding", "header", "date_format", "columns"), TABLE, ids=[row[0] for row in TABLE]
)
def test_every_fixture_is_told_right(file, role, separator, encoding, header, date_format, columns):
    look = look_at(ROOT / "fixtures" / file, role)
    assert (look.csv.separator, look.csv.encoding, look.csv.header) == (separator, encoding, header)
    assert (look.dates.written, look.dates.also) == (date_format, ())
    assert dict(look.proposal) == columns
    assert look.ragged == 0


def test_every_fixture_is_in_the_table():
    files = {path for path in (ROOT / "fixtures").glob("*/*") if path.suffix in (".csv", ".txt")}
    assert files == {ROOT / "fixtures" / row[0] for row in TABLE}


WRITERS = {  # how numbers come out of systems and spreadsheets
    "national": lambda n: f"0{n}",
    "dashed": lambda n: f"0{str(n)[:1]}-{str(n)[1:]}",
    "eaten": str,
    "float": lambda n: f"{n}.0",
    "international": lambda n: f"+31 {str(n)[:1]} {str(n)[1:]}",
}
NAMES = st.text("abcdefgh éëö,;|'\t", min_size=1, max_size=12).map(lambda name: "N" + name + "é")


@st.composite
def files(draw):
    """Make a call list, and say how it is written."""
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be"]))
    separator = draw(st.sampled_from([",", ";", "\t", "|"]))
    date_format = draw(st.sampled_from([one for one in FORMATS if is_padded(one)]))
    first = date(2024, 1, 13) + timedelta(days=draw(st.integers(0, 15)))  # a day past the twelfth in every file
    days = [first, *(draw(st.dates(date(2015, 1, 1), date(2026, 12, 31))) for _ in range(30))]
    write = WRITERS[draw(st.sampled_from(sorted(WRITERS)))]
    names = [draw(NAMES) for _ in days]
    header = ["Klantnummer", "Naam", "Telefoonnummer", "Laatste aankoop"]
    is_named = draw(st.booleans())
    rows = [
        [f"K{place:05}", name, write(612345678 + place), day.strftime(date_format)]
        for place, (name, day) in enumerate(zip(names, days, strict=True))
    ]
    text = io.StringIO()
    line_end = draw(st.sampled_from(["\n", "\r\n"]))
    csv.writer(text, delimiter=separator, lineterminator=line_end).writerows([header, *rows] if is_named else rows)
    return text.getvalue().encode(encoding), encoding, separator, date_format, is_named


@pytest.mark.slow
@given(files())
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
def test_invented_files_are_told_right(tmp_path: Path, made):
    data, encoding, separator, date_format, is_named = made
    path = tmp_path / "list.csv"
    path.write_bytes(data)
    look = look_at(path, "call_list")
    told = {"utf-8-sig": "utf-8", "cp1252": "windows-1252"}.get(
        encoding, encoding[:6] if "16" in encoding else encoding
    )
    assert (look.csv.encoding, look.csv.separator, look.csv.header) == (told, separator, is_named)
    assert look.dates.written == date_format
    phone, day = ("Telefoonnummer", "Laatste aankoop") if is_named else ("3", "4")
    assert (look.proposal["phone"], look.proposal["last_purchase_on"]) == ((phone,), (day,))
    assert look.rows == 31


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("é".encode(), "utf-8"),
        (b"plain", "utf-8"),
        ("é €".encode("cp1252"), "windows-1252"),
        ("é".encode("latin-1"), "windows-1252"),
        ("é".encode("utf-16"), "utf-16"),
        ("abc".encode("utf-16-le"), "utf-16"),
        ("abc".encode("utf-32"), None),
        (b"\xe9\x81", None),
        (b"abc\0def", None),
        ("é".encode()[:1], "windows-1252"),
    ],
)
def test_encodings(data, encoding):
    assert encoding_of(data) == encoding


def test_a_text_in_no_encoding_of_a_policy_is_refused_in_a_sentence(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes("klant,telefoon\n".encode("utf-32"))
    with pytest.raises(SourceError, match="is not text in an encoding that a policy may declare"):
        look_at(path, "call_list")


def test_every_format_that_is_proposed_may_stand_in_a_policy():
    assert all(map(is_usable, FORMATS))
    assert not any(map(is_usable, ["%d-%m", "%y-%m-%d", "%-d%m%Y", "dd-mm-jjjj", ""]))


def test_dates_that_may_be_read_in_two_ways_are_told_as_such():
    twofold = guess_formats([["03/04/2026", "05/06/2026"]])
    assert (twofold.written, twofold.also) == ("%d/%m/%Y", ("%m/%d/%Y", "%-m/%-d/%Y"))
    assert guess_formats([["03/04/2026", "05/26/2026"]]).written == "%m/%d/%Y"
    assert guess_formats([["geen", "datum"]]).found is False


@pytest.mark.parametrize(
    ("columns", "written"),
    [
        ([["3-4-2026", "15-6-2026"]], "%-d-%-m-%Y"),
        ([["3/4/2026 0:00", "12/31/2026 13:05"]], "%-m/%-d/%Y %-H:%M"),
        ([["2026-03-01T23:30:00.000Z", "2026-03-02T00:30:00+01:00"]], "iso8601"),
        ([["2026-03-01", "2026-03-01 12:30"]], "iso8601"),
        ([[*(f"{day}-06-2026" for day in range(10, 29)), "2026-06-15", "2026-06-16"]], ["%d-%m-%Y", "%Y-%m-%d"]),
        ([["15-06-2026", "16-06-2026", "17-06-2026", "2026-06-15"]], "%d-%m-%Y"),  # one cell is a slip, not a format
        ([["15-06-2026", "16-06-2026", "13-06-2026"], ["2026-06-15T10:00:00Z", "2026-06-16T10:00:00Z"]], ["%d-%m-%Y", "iso8601"]),
        ([["15-06-2026", "16-06-2026", "13-06-2026"], ["06-15-2026", "06-16-2026"]], "%d-%m-%Y"),  # two orders: never both
        ([["15-06-2026", "16-06-2026", "13-06-2026"], ["Jansen", "20260615", "De Vries", "20260616", "Bos"]], "%d-%m-%Y"),
    ],
)  # fmt: skip
def test_the_formats_of_a_file(columns, written):
    assert guess_formats(columns).written == written


@pytest.mark.parametrize(
    ("typed", "value", "shown"),
    [
        ("dd-mm-jjjj", "%d-%m-%Y", "dd-mm-jjjj"),
        ("d-m-jjjj", "%-d-%-m-%Y", "d-m-jjjj"),
        ("dd-mm-jjjj,d-m-jjjj, ", ["%d-%m-%Y", "%-d-%-m-%Y"], "dd-mm-jjjj, d-m-jjjj"),
        ("D/M/YYYY, iso8601", ["%-d/%-m/%Y", "iso8601"], "d/m/jjjj, iso8601"),
        ("%Y-%m-%dT%H:%M:%S%.f%z; dd.mm.jjjj", ["%Y-%m-%dT%H:%M:%S%.f%z", "%d.%m.%Y"], None),
    ],
)
def test_formats_as_people_type_them(typed, value, shown):
    reply, words = DateFormat(), load_wording("nl")
    assert reply.read(typed, words) == value
    assert shown is None or reply.show(value, words) == shown


@pytest.mark.parametrize(
    "typed", ["", "dd-mm", "dd-mm-jj", "dd-mm-jjjj, maand", "dd-mm-jjjj, mm-dd-jjjj", "iso8601, iso8601"]
)
def test_formats_that_do_not_go(typed):
    with pytest.raises(UnclearError):
        DateFormat().read(typed, load_wording("nl"))


def test_one_late_date_decides_between_day_and_month():
    cells = [date(2020 + n // 100, 1 + n % 12, 1 + n % 9).strftime("%m/%d/%Y") for n in range(600)]
    assert guess_formats([[*cells, "12/31/2026"]]).written == "%m/%d/%Y"


@pytest.mark.parametrize(
    ("records", "is_header"),
    [
        ([["klant", "tel"], ["K1", "0612345678"]], True),
        ([["K1", "0612345678"], ["K2", "0612345679"]], False),
        ([["omzet_2024", "telefoon"], ["12", "0612345678"]], True),
        ([["naam", "plaats"], ["Jansen", "Assen"]], True),
        ([["0612345678"], ["0612345679"]], False),
        ([["telefoon"]], True),
    ],
)
def test_headers(records, is_header):
    assert has_header(records) is is_header


def test_what_was_said_goes_before_what_was_seen(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("klant;tel\nK1;0612345678\n", encoding="utf-8")
    look = look_at(
        path, "call_list", Given(separator=",", encoding="windows-1252", header=False, date_formats=("%d%m%Y",))
    )
    assert (look.csv.separator, look.csv.encoding, look.csv.header) == (",", "windows-1252", False)
    assert (look.names(), look.rows, look.dates.written) == (("1",), 2, "%d%m%Y")


def test_ragged_rows_are_counted(tmp_path):
    path = tmp_path / "list.csv"
    path.write_text("klant,tel\nK1,0612345678\nK2\nK3,0612345679\n", encoding="utf-8")
    look = look_at(path, "call_list")
    assert (look.rows, look.ragged) == (2, 1)


def test_objections_that_protect_nobody_are_counted(tmp_path):
    path = tmp_path / "objections.csv"
    path.write_text('tel,klant\n0612345678,\n,K2\nbel mij niet,\n,""\n', encoding="utf-8")
    look = look_at(path, "objections")
    assert look.without({"phone": ("tel",), "customer_id": ("klant",)}, "NL") == 2
    assert look.without({"phone": ("tel",)}, "NL") == 3


def test_objections_that_cannot_be_read_are_counted(tmp_path):
    path = tmp_path / "objections.csv"
    path.write_text(
        "tel,klant\n0612345678,K1\n06123,K2\n,bel mij niet\n,klant 8\n,graag niet bellen 06-12345678\n",
        encoding="utf-8",
    )
    look = look_at(path, "objections")
    assert look.without({"phone": ("tel",), "customer_id": ("klant",)}, "NL") == 2


@pytest.mark.parametrize(
    "rows",
    [
        ["1001", "1003", "1004"],
        ["7", "12", "1004"],
        ["K1001", "K9", "K12"],
        ["06 1234 5678", "graag niet meer bellen 06-12345679", "+31 (0)6-12345680"],
        ["001xx000003DGb2", "001xx000003DHP0"],
        ["jan@voorbeeld.nl", "piet@voorbeeld.nl"],
    ],
)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_first_row_of_data_is_no_header(rows, kind, tmp_path):
    path = written(tmp_path / f"objections.{kind}", rows)
    look = look_at(path, "objections")
    assert (look.header, look.names(), look.rows) == (False, ("1",), len(rows))
    taken = look_at(path, "objections", Given(header=True))
    assert taken.has_data_for(rows[0])
    assert taken.proposal == {}
    (shown,) = taken.shown_names()
    assert sum(letter.isalnum() for letter in shown) <= 2


@pytest.mark.parametrize(
    "rows", [["klant", "1001"], ["nummer2", "1001", "K12"], ["telefoon", "06-12345678"], ["id", "K1"]]
)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_names_are_a_header_also_above_short_ids(rows, kind, tmp_path):
    look = look_at(written(tmp_path / f"objections.{kind}", rows), "objections")
    assert (look.header, look.names(), look.shown_names()) == (True, (rows[0],), (rows[0],))


def written(path, rows):
    if path.suffix == ".csv":
        path.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
        return path
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet().write_column(0, 0, rows)
    book.close()
    return path


def test_a_column_of_sentences_is_not_proposed_for_ids(tmp_path):
    path = tmp_path / "objections.csv"
    path.write_text("klantnummer,tel\nbel mij niet op 06-12345678,0612345678\nnooit meer bellen,0612345679\n")
    assert look_at(path, "objections").proposal == {"phone": ("tel",)}


@given(st.lists(st.text(min_size=1, max_size=30), min_size=1, max_size=3))
def test_no_sample_shows_more_than_two_letters_or_digits_of_a_cell(cells):
    for cell in cells:
        told = masked([cell], readable=lambda _: False)
        assert sum(letter.isalnum() for letter in told) <= 2
        assert len(told) <= 16
