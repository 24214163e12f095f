"""Every way to break a policy that we know of: where it is told, under which path, and in which words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from balansfilter.errors import PolicyError, Problem
from balansfilter.policy.loading import load_policy, policy_of, read_policy
from balansfilter.policy.yaml_file import parse_yaml
from policy.samples import ANSWERS, COUNTRIES, GOOD, broken, write

Edits = list[tuple[str, str]]
Expected = list[tuple[str, str]]

YAML: dict[str, tuple[Edits, Expected]] = {
    "a bare no": ([("De Courant", "«no")], [("name", "`no` without quotes is read differently")]),
    "a bare NO in a list": ([("[dagblad, weekend]", "[dagblad, «NO]")], [("balanstests[0].products[1]", 'write "NO"')]),
    "a bare y": ([("De Courant", "«y")], [("name", "or true or false")]),
    "a capital True": ([("accept: true", "accept: «True")], [("consent.accept", "`True` without quotes")]),
    "an octal": ([("De Courant", "«012")], [("name", "without leading zeros")]),
    "an octal of YAML 1.2": ([("De Courant", "«0o17")], [("name", "`0o17`")]),
    "a hexadecimal": ([("De Courant", "«0x1f")], [("name", "`0x1f`")]),
    "a binary": ([("De Courant", "«0b101")], [("name", "`0b101`")]),
    "underscores": ([("count: 3", "count: «1_000")], [("balanstests[0].max_attempts.count", "`1_000`")]),
    "a sexagesimal": ([("De Courant", "«12:30")], [("name", "`12:30`")]),
    "an exponent": ([("De Courant", "«1e3")], [("name", "`1e3`")]),
    "infinity": ([("De Courant", "«.inf")], [("name", 'write ".inf" in quotes')]),
    "not a number": ([("De Courant", "«.NaN")], [("name", "`.NaN`")]),
    "a plus": ([("count: 3", "count: «+3")], [("balanstests[0].max_attempts.count", "`+3`")]),
    "no such month": ([("2026-11-23", "«2024-13-01")], [("call_list.snapshot_on", "write a day that exists")]),
    "a date without zeros": ([("2026-11-23", "«2024-1-5")], [("call_list.snapshot_on", "write a date as 2026-03-02")]),
    "a timestamp": ([("2026-11-23", "«2026-11-23 10:00:00")], [("call_list.snapshot_on", "write a date as")]),
    "a phone number is not shown": ([("De Courant", "«0612345678")], [("name", "`…` without quotes")]),
    "a duplicate key": ([("law: nl", "law: nl\n«name: x")], [("name", "twice — the first is on line 4")]),
    "a duplicate key within": ([("within: 6 months", "within: 6 months, «count: 4")], [("balanstests[0].max_attempts.count", "twice")]),
    "an alias": ([("De Courant", "&x De Courant"), ("Courant B.V.", "«*x"), ("&x", "«&x")], [("name", "anchor"), ("controller", "alias")]),
    "a tag": ([("De Courant", "«!!str De Courant")], [("name", "a tag (!) is not allowed")]),
    "a merge key": ([("guards: {", "guards: {«<<: {}, ")], [("guards", "merge key")]),
    "a key that is a number": ([("law: nl", "law: nl\n«1: x")], [("", "a key should be text, but is `1`")]),
    "a key that is a list": ([("guards: {", "guards: {? «[a] : b, ")], [("guards", "a key should be text")]),
    "a second document": ([("law: nl", "law: nl\n«---\na: 1")], [("", "a second document")]),
    "a control character": ([("De Courant", '«"De \\x07 Courant"')], [("name", "invisible character (U+0007)")]),
}  # fmt: skip

SYNTAX: dict[str, tuple[Edits, Expected]] = {
    "a tab": ([("  screen: after_term", "«\tscreen: after_term")], [("", "a tab cannot indent")]),
    "an open quote": ([("callable_until]}", '"callable_until]}')], [("", "the file ends inside a quoted text")]),
    "an open bracket": ([("[dagblad, weekend]", "[dagblad, weekend")], [("", "was expected here")]),
    "a bare star": ([('products: "*"', "products: *«")], [("", "starts with * or & in quotes")]),
    "a colon in a text": ([("De Courant", "De Courant«: de krant")], [("", "a colon is not allowed here")]),
    "a text that starts with @": ([("De Courant", "«@courant")], [("", "cannot start with this character")]),
    "an indent too few": ([("  - id: rest", " «- id: rest")], [("", "was expected here")]),
    "an unknown escape": ([('"%d-%m-%Y"', '"%d\\q"')], [("", "unknown escape")]),
    "an alias of nothing": ([("De Courant", "«*x")], [("name", "alias")]),
    "too deep": ([("De Courant", "[" * 40 + "«[" + "]" * 41)], [("", "more than 40 levels")]),
}

FIELDS: dict[str, tuple[Edits, Expected]] = {
    "an unknown key": ([("policy: 1", "«policy: 1"), ("sector: press", "«sectr: press")], [("sector", "is missing"), ("sectr", "did you mean `sector`")]),
    "an unknown key far from all": ([("guards: {", "guards: {«x: 1, ")], [("guards.x", "known here: max_dropped, max_reached, max_row_change, max_unreadable, min_rows")]),
    "an unknown key in a balanstest": ([("    max_term: 24", "    «maxterm: 24 months\n    max_term: 24")], [("balanstests[0].maxterm", "did you mean `max_term`")]),
    "the python name of a key": ([("  register:\n", "  «register_file:\n"), ("screen: after", "screen: «after")], [("bel_me_niet.screen", "no register"), ("bel_me_niet.register_file", "did you mean `register`")]),
    "another version": ([("policy: 1", "policy: «2")], [("policy", "should be 1, but is the number 2")]),
    "true for a version": ([("policy: 1", "policy: «true")], [("policy", "should be 1")]),
    "a brand in capitals": ([("brand: courant", "brand: «Courant")], [("brand", "is not the name of the file"), ("brand", "a name of a-z, 0-9 and -")]),
    "another brand": ([("brand: courant", "brand: «krant")], [("brand", "is not the name of the file, courant.yaml")]),
    "a number for a name": ([("name: De Courant", "name: «12")], [("name", "should be text, but is the number 12 — put it in quotes")]),
    "a date for a name": ([("name: De Courant", "name: «2026-01-02")], [("name", "but is the date 2026-01-02")]),
    "an empty name": ([("name: De Courant", "«name:")], [("name", "is empty, but should be text")]),
    "a blank name": ([("name: De Courant", 'name: «" "')], [("name", "is empty")]),
    "another sector": ([("sector: press", "sector: «pers")], [("sector", "`commercial`, `charity`, `charity_lottery`, `press` or `idealistic`, but is the text `pers` — did you mean `press`")]),
    "another law": ([("law: nl", "law: «be")], [("law", "should be `nl` or `none`")]),
    "a mapping for the balanstests": ([("balanstests:\n  - id: kranten\n", "«balanstests:\n    id: kranten\n"), ('  - id: rest\n    products: "*"\n    max_term: 12 months\n' + ANSWERS, ""), ("screen: after_term", "screen: never"), ('  register:\n    path: data/register.txt\n    csv: {header: false, quote: null}\n    columns: {phone: {join: ["1", "2"]}}\n    max_age: 28 days\n', ""), ("accept: true", "accept: false")], [("balanstests", "should be a list, but is a mapping"), ("balanstests", "there is no balanstest")]),
    "no such unit": ([("24 months\n    start", "«24 maanden\n    start")], [("balanstests[0].max_term", "should be a number of days, weeks, months or years")]),
    "a term of nothing": ([("24 months\n    start", "«0 months\n    start")], [("balanstests[0].max_term", "such as `24 months`")]),
    "a bare number for a term": ([("24 months\n    start", "«24\n    start")], [("balanstests[0].max_term", "such as `24 months`")]),
    "a text for a count": ([("count: 3", 'count: «"3"')], [("balanstests[0].max_attempts.count", "should be a whole number, but is the text `3`")]),
    "a count of nothing": ([("count: 3", "count: «0")], [("balanstests[0].max_attempts.count", "should be at least 1, but is 0")]),
    "a count too many": ([("count: 3", "count: «1001")], [("balanstests[0].max_attempts.count", "should be at most 1000")]),
    "a decimal for a count": ([("count: 3", "count: «3.0")], [("balanstests[0].max_attempts.count", "but is the number 3.0")]),
    "a missing answer": ([("        frequency: Eens per halfjaar.\n", ""), ("      impact:", "      «impact:")], [("balanstests[0].answers.impact.frequency", "is missing — 2b.")]),
    "missing answers": ([("    answers:\n", "    x:\n"), ("  - id: kranten", "  - «id: kranten"), ("    x:", "    «x:")], [("balanstests[0].answers", "is missing"), ("balanstests[0].x", "is not a known key")]),
    "an answer that is empty": ([("Eens per halfjaar.", ""), ("        frequency", "        «frequency")], [("balanstests[0].answers.impact.frequency", "is empty, but should be text")]),
    "no measures": ([("        measures:\n          - Zichtbaar nummer.\n          - Geen zondagen.\n", "        «measures: []\n")], [("balanstests[0].answers.impact.measures", "at least one entry")]),
    "a long answer of the wrong kind is not shown": ([("        measures:\n          - Zichtbaar nummer.\n          - Geen zondagen.\n", "        measures: «" + "Wij bellen nooit op zondag. " * 3 + "\n")], [("balanstests[0].answers.impact.measures", "should be a list, but is another text")]),
    "no products": ([("[dagblad, weekend]", "[]"), ("    products", "    «products")], [("balanstests[0].products", "at least one entry")]),
    "a product for products": ([("[dagblad, weekend]", "«dagblad")], [("balanstests[0].products", "should be a list, or `*`, but is the text `dagblad`")]),
    "a number for a product": ([("[dagblad, weekend]", "[dagblad, «101]")], [("balanstests[0].products[1]", "should be text, but is the number 101 — put it in quotes")]),
    "a share over 100": ([("max_shrink: 10%", "max_shrink: «110%")], [("objections[0].max_shrink", "should be a share, such as `5%`")]),
    "a count for a share": ([("max_shrink: 10%", "max_shrink: «10")], [("objections[0].max_shrink", "should be a share")]),
    "neither count nor share": ([("max_unreadable: 0", "max_unreadable: «few")], [("objections[0].max_unreadable", "should be a count, such as `20`, or a share")]),
    "a quoted date": ([("2026-11-23", '«"2026-11-23"')], [("call_list.snapshot_on", "write the date without quotes")]),
    "another encoding": ([("windows-1252", "«cp1252")], [("call_list.csv.encoding", "should be `utf-8`, `windows-1252`")]),
    "two characters for a separator": ([('separator: ";"', 'separator: «";;"')], [("call_list.csv.separator", "should be at most one character")]),
    "a lower-case country": ([("  snapshot_on: 2026", "  default_country: «nl\n  snapshot_on: 2026")], [("call_list.default_country", "two capitals, such as NL")]),
    "no columns": ([("    columns: {phone: telefoon, customer_id: klantnummer, objected_on: datum, withdrawn_on: ingetrokken}\n", ""), ("  - path: data/bez", "  - «path: data/bez")], [("objections[0].columns", "is missing")]),
    "objections of nobody": ([("{phone: telefoon, customer_id: klantnummer, objected_on", "{objected_on"), ("    columns: {obj", "    «columns: {obj")], [("objections[0].columns", "name the column with the phone number, or the one with the customer id")]),
    "no objections": ([("objections:\n  - path: data/bezwaren.csv\n    columns: {phone: telefoon, customer_id: klantnummer, objected_on: datum, withdrawn_on: ingetrokken}\n    max_shrink: 10%\n    max_unreadable: 0\n", "«objections: []\n")], [("objections", "at least one entry")]),
    "a wrong key in a join": ([("{phone: {join: [", "{«phone: {«jion: [")], [("bel_me_niet.register.columns.phone.join", "is missing"), ("bel_me_niet.register.columns.phone.jion", "did you mean `join`")]),
    "an unknown annotation": ([("[basis, callable_until]", "[basis, «reden]")], [("output.annotate[1]", "`callable_until`, `phone_e164` or `call_window`")]),
    "a wrong digest": ([("    max_term: 12 months\n", "    max_term: 12 months\n    approval: {by: A. Bos, role: Jurist, on: 2026-01-01, review_by: 2027-01-01, digest: «abc}\n")], [("balanstests[1].approval.digest", "`sha256:` and 64 hex digits")]),
}  # fmt: skip

ACROSS: dict[str, tuple[Edits, Expected]] = {
    "a product twice in one": ([("[dagblad, weekend]", "[dagblad, «dagblad]")], [("balanstests[0].products[1]", "a product of a balanstest already")]),
    "a product under two": ([('products: "*"', "products: [zaterdag, «weekend]")], [("balanstests[1].products[1]", "a product of a balanstest already")]),
    "two for the whole organisation": ([("[dagblad, weekend]", '"*"'), ('"*"\n    max_term: 12', '«"*"\n    max_term: 12')], [("balanstests[1].products", "another balanstest is for the whole organisation")]),
    "a star in a list": ([("[dagblad, weekend]", '[dagblad, «"*"]')], [("balanstests[0].products[1]", 'write `products: "*"`')]),
    "an id twice": ([("id: rest", "id: «kranten")], [("balanstests[1].id", "the id of another balanstest")]),
    "products without a column": ([("    product: product\n", ""), ("  columns:\n    cust", "  «columns:\n    cust")], [("call_list.columns.product", "for the products of balanstests[0]")]),
    "no day to count from": ([("    last_purchase_on: laatste_aankoop\n    contract_ended_on: einddatum\n    active: actief\n", ""), ("  columns:\n    cust", "  «columns:\n    cust")], [("call_list.columns", "no day from which the term is counted")]),
    "calling starts after the term": ([("start_after: 14 days", "start_after: 25 months"), ("max_term: 24 months", "max_term: «24 months")], [("balanstests[0].max_term", "ends before calling starts, 25 months")]),
    "attempts without contacts": ([("contacts:\n  path: data/gesprekken.csv\n  columns: {customer_id: klantnummer, called_on: gebeld_op}\n", ""), ("    max_attempts", "    «max_attempts")], [("balanstests[0].max_attempts", "needs the calls that were made — add `contacts`")]),
    "a register that is not used": ([("screen: after_term", "screen: never"), ("  register:", "  «register:")], [("bel_me_niet.register", "it is not used")]),
    "no register": ([('  register:\n    path: data/register.txt\n    csv: {header: false, quote: null}\n    columns: {phone: {join: ["1", "2"]}}\n    max_age: 28 days\n', ""), ("screen: after", "screen: «after")], [("bel_me_niet.screen", "no register is named")]),
    "consent without a column": ([("    consent_on: toestemming\n", ""), ("accept: true", "accept: «true")], [("consent.accept", "map call_list.columns.consent_on")]),
    "a column without consent": ([("consent: {accept: true, valid_for: 24 months}\n", ""), ("consent_on: toe", "consent_on: «toe")], [("call_list.columns.consent_on", "does not say whether consent counts")]),
    "one column for two roles": ([("contract_ended_on: einddatum", "contract_ended_on: «laatste_aankoop")], [("call_list.columns.contract_ended_on", "is the column of last_purchase_on already")]),
    "withdrawn on the day of the objection": ([("withdrawn_on: ingetrokken", "withdrawn_on: «datum")], [("objections[0].columns.withdrawn_on", "is the column of objected_on already")]),
    "one phone column twice": ([("[mobiel, vast]", "[mobiel, «mobiel]")], [("call_list.columns.phone[1]", "names a column twice")]),
    "a name in a file without a header": ([('join: ["1", "2"]', 'join: ["1", «nummer]')], [("bel_me_niet.register.columns.phone.join[1]", "should be the number of a column")]),
    "a country that is none": ([("  snapshot_on: 2026", "  allow_countries: [NL, «XX]\n  snapshot_on: 2026")], [("call_list.allow_countries[1]", "XX is no country with phone numbers")]),
    "a year of two digits": ([('"%d-%m-%Y"', '«"%d-%m-%y"')], [("call_list.date_format", "a year of two digits")]),
    "a format without a day": ([('"%d-%m-%Y"', '«"%Y-%m"')], [("call_list.date_format", "lacks the day (%d)")]),
    "a format without any": ([('"%d-%m-%Y"', "«dd-mm-jjjj")], [("call_list.date_format", "lacks the year (%Y) and the month (%m) and the day (%d)")]),
    "a time zone": ([('"%d-%m-%Y"', '«"%Y-%m-%d %z"')], [("call_list.date_format", "without the hour (%H) and the minute")]),
    "a time zone by name": ([('"%d-%m-%Y"', '«"%Y-%m-%d %H:%M %Z"')], [("call_list.date_format", "a time zone by name")]),
    "a fraction of a minute": ([('"%d-%m-%Y"', '«"%Y-%m-%d %H:%M%f"')], [("call_list.date_format", "a fraction without the second")]),
    "no telling day from month": ([('"%d-%m-%Y"', '«"%-d%-m%Y"')], [("call_list.date_format", "%-m right behind %-d")]),
    "the standard by another name": ([('"%d-%m-%Y"', "«ISO-8601")], [("call_list.date_format", "write iso8601")]),
    "the second of two formats": ([('"%d-%m-%Y"', '["%d-%m-%Y", «"%d-%m"]')], [("call_list.date_format[1]", "lacks the year")]),
    "a format twice": ([('"%d-%m-%Y"', "[iso8601, «iso8601]")], [("call_list.date_format[1]", "names a format twice")]),
    "day and month in both orders": ([('"%d-%m-%Y"', '["%-d-%-m-%Y", «"%m-%d-%Y"]')], [("call_list.date_format[1]", "as other days than %-d-%-m-%Y")]),
    "no format": ([('date_format: "%d-%m-%Y"', "«date_format: []")], [("call_list.date_format", "at least one entry")]),
    "a format of a column": ([("consent_on: toestemming", 'consent_on: {column: toestemming, date_format: «"%d-%m"}')], [("call_list.columns.consent_on.date_format", "lacks the year")]),
    "formats of a column in both orders": ([("consent_on: toestemming", 'consent_on: {column: toestemming, date_format: ["%d/%m/%Y", «"%m/%d/%Y"]}')], [("call_list.columns.consent_on.date_format[1]", "as other days than %d/%m/%Y")]),
    "a column of dates for two roles": ([("contract_ended_on: einddatum", "contract_ended_on: {column: «laatste_aankoop, date_format: iso8601}")], [("call_list.columns.contract_ended_on.column", "is the column of last_purchase_on already")]),
    "a column of dates without a format": ([("consent_on: toestemming", "«consent_on: {column: toestemming}")], [("call_list.columns.consent_on.date_format", "is missing")]),
    "a month by name": ([('"%d-%m-%Y"', '«"%d %b %Y"')], [("call_list.date_format", "%b, which is not one of")]),
    "an hour alone": ([('"%d-%m-%Y"', '«"%d-%m-%Y %H"')], [("call_list.date_format", "without the hour (%H) and the minute")]),
    "a month twice": ([('"%d-%m-%Y"', '«"%m-%m-%d-%Y"')], [("call_list.date_format", "has %m twice")]),
    "a digit in a format": ([('"%d-%m-%Y"', '«"%d-%m-20%Y"')], [("call_list.date_format", "a digit of its own")]),
    "separator and quote alike": ([('separator: ";"', "separator: «'\"'")], [("call_list.csv.separator", "the same character")]),
    "quote and separator alike": ([('separator: ";"', 'separator: ";", quote: «";"')], [("call_list.csv.quote", "the same character")]),
    "a line end for a separator": ([('separator: ";"', 'separator: «"\\n"')], [("call_list.csv.separator", "cannot be a line end")]),
    "a letter for a separator": ([('separator: ";"', "separator: «x")], [("call_list.csv.separator", "a letter")]),
    "a space for a quote": ([('separator: ";"', 'separator: ";", quote: «" "')], [("call_list.csv.quote", "cannot be a line end, a space")]),
    "a letter for an escape": ([('separator: ";"', 'separator: ";", escape: «x')], [("call_list.csv.escape", "a letter")]),
    "escape and quote alike": ([('separator: ";"', "separator: \";\", escape: «'\"'")], [("call_list.csv.escape", "for the quote and the escape")]),
    "an unknown line end": ([('separator: ";"', 'separator: ";", line_end: «crlf')], [("call_list.csv.line_end", "should be `lf` or `cr`")]),
    "fewer lines than none": ([('separator: ";"', 'separator: ";", skip_lines: «-1')], [("call_list.csv.skip_lines", "at least 0")]),
    "csv for parquet": ([('  csv: {separator: ";"', '  format: parquet\n  «csv: {separator: ";"')], [("call_list.csv", "the format is parquet")]),
    "an unknown placeholder": ([("data/{brand}/", "«data/{merk}/")], [("call_list.path", "unknown placeholder {merk}")]),
    "a placeholder misspelt": ([("data/{brand}/", "«data/{brnd}/")], [("call_list.path", "did you mean `brand`")]),
    "a placeholder with a time": ([("{as_of:%Y%m%d}", "{as_of:%H}"), ("path: data/{b", "path: «data/{b")], [("call_list.path", "unknown placeholder {as_of:%H}")]),
    "an open brace": ([("data/{brand}/", "«data/{brand/")], [("call_list.path", "a brace that is not closed")]),
    "a home folder": ([("data/register.txt", "«~/register.txt")], [("bel_me_niet.register.path", "starts with ~")]),
    "csv for a spreadsheet": ([('  csv: {separator: ";"', '  format: excel\n  «csv: {separator: ";"')], [("call_list.csv", "the format is excel")]),
    "a sheet of csv": ([('  csv: {separator: ";"', '  format: csv\n  «sheet: Blad1\n  csv: {separator: ";"')], [("call_list.sheet", "the format is csv")]),
    "a title above csv": ([('  csv: {separator: ";"', '  format: csv\n  «skip_rows: 2\n  csv: {separator: ";"')], [("call_list.skip_rows", "the format is csv")]),
    "a name for what is not added": ([("[basis, callable_until]", "[basis], annotate_as: {callable_until: «tot}")], [("output.annotate_as.callable_until", "not added")]),
    "an added column named as one of the list": ([("[basis, callable_until]", "[basis], annotate_as: {basis: «klantnummer}")], [("output.annotate_as.basis", "a column of the call list: klantnummer")]),
    "two added columns of one name": ([("[basis, callable_until]", "[basis, callable_until], annotate_as: {callable_until: «basis}")], [("output.annotate_as.callable_until", "another added column: basis")]),
    "an annotation twice": ([("[basis, callable_until]", "[basis, «basis]")], [("output.annotate[1]", "is here twice")]),
    "an ellipsis for an answer": ([("Eens per halfjaar.", "«…")], [("balanstests[0].answers.impact.frequency", "only a placeholder")]),
    "three dots for an answer": ([("Eens per halfjaar.", "«...")], [("balanstests[0].answers.impact.frequency", "only a placeholder")]),
    "a to-do for an answer": ([("Eens per halfjaar.", '«"TODO: uitzoeken"')], [("balanstests[0].answers.impact.frequency", "only a placeholder")]),
    "n.v.t. for a measure": ([("- Geen zondagen.", "- «n.v.t.")], [("balanstests[0].answers.impact.measures[1]", "only a placeholder")]),
    "a placeholder for the controller": ([("Courant B.V.", "«TODO")], [("controller", "only a placeholder")]),
    "a review before the approval": ([("    max_term: 12 months\n", '    max_term: 12 months\n    approval: {by: A. Bos, role: Jurist, on: 2026-02-01, review_by: «2026-01-31, digest: "sha256:' + "0" * 64 + '"}\n')], [("balanstests[1].approval.review_by", "before the day of the approval, 2026-02-01")]),
    "no balanstest, no consent and no screening": ([(GOOD[GOOD.index("balanstests:") : GOOD.index("consent: {")], ""), ("accept: true", "accept: false")], [("balanstests", "there is no balanstest, no `consent: {accept: true}` and no screening")]),
    "a consent for products that the list does not name": ([("    product: product\n", ""), ("products: [dagblad, weekend]", 'products: "*"'), (GOOD[GOOD.index("  - id: rest") : GOOD.index("bel_me_niet:")], ""), ("    consent_on: toestemming\n", "    consent_on: toestemming\n    consent_for: «waarvoor\n")], [("call_list.columns.consent_for", "map call_list.columns.product")]),
    "a proof without consent": ([("consent: {accept: true, valid_for: 24 months}\n", ""), ("consent_on: toestemming", "consent_proof: «bewijs")], [("call_list.columns.consent_proof", "does not say whether consent counts")]),
    "closed archives only": ([("objections:\n  - path: data/bezwaren.csv\n", '«objections:\n  - path: data/bezwaren.csv\n    closed: {on: 2026-01-01, sha256: "abababababababababababababababababababababababababababababababab"}\n')], [("objections", "are closed archives only")]),
    "an archive with an age": ([("contacts:\n", '  - path: data/oud.csv\n    columns: {phone: telefoon}\n    closed: {on: 2026-01-01, sha256: "abababababababababababababababababababababababababababababababab"}\n    «max_age: 1 day\n    «snapshot_on: filename\ncontacts:\n')], [("objections[1].max_age", "but it is closed"), ("objections[1].snapshot_on", "but it is closed")]),
    "an archive without a digest": ([("contacts:\n", "  - path: data/oud.csv\n    columns: {phone: telefoon}\n    closed: {on: 2026-01-01, sha256: «abc}\ncontacts:\n")], [("objections[1].closed.sha256", "64 hex digits, as `sha256sum` prints them")]),
    "the newest of objections without days": ([(", objected_on: datum", ""), ("    max_shrink: 10%", "    snapshot_on: «newest\n    max_shrink: 10%")], [("objections[0].snapshot_on", "map columns.objected_on")]),
    "the newest of something else": ([("  snapshot_on: 2026-11-23", "  snapshot_on: «newest")], [("call_list.snapshot_on", "only objections can be")]),
    "hours that end before they begin": ([("call_list:\n", 'calling: {hours: {saturday: «"16:00-10:00"}}\ncall_list:\n')], [("calling.hours.saturday", "the first before the second")]),
    "a day that is none": ([("call_list:\n", "calling: {days: [mon, «tues]}\ncall_list:\n")], [("calling.days[1]", "did you mean `tue`")]),
    "past the term without a term": ([(GOOD[GOOD.index("balanstests:") : GOOD.index("bel_me_niet:")], ""), ("screen: after", "screen: «after")], [("bel_me_niet.screen", "no balanstest gives a term")]),
}  # fmt: skip

CASES = {**YAML, **SYNTAX, **FIELDS, **ACROSS}


def problems_of(path: Path) -> list[Problem]:
    with pytest.raises(PolicyError) as caught:
        load_policy(path, countries=COUNTRIES)
    return list(caught.value.problems)


def test_the_good_policy_is_good(tmp_path: Path) -> None:
    policy = load_policy(write(tmp_path, GOOD), countries=COUNTRIES)
    assert [test.id for test in policy.balanstests] == ["kranten", "rest"]


@pytest.mark.parametrize("name", CASES)
def test_a_broken_policy_is_told(name: str, tmp_path: Path) -> None:
    edits, expected = CASES[name]
    text, places = broken(edits)
    path = write(tmp_path, text)
    problems = problems_of(path)
    assert [problem.path for problem in problems] == [where for where, _ in expected]
    for problem, (_, fragment) in zip(problems, expected, strict=True):
        assert fragment in str(problem)
        assert problem.file == str(path)
    if places:
        told = [(problem.line, problem.column) for problem in problems]
        assert sorted(set(told)) == places, text.splitlines()[told[0][0] - 1]


def test_all_problems_are_told_at_once_and_in_order(tmp_path: Path) -> None:
    names = [
        "a bare no",
        "another sector",
        "an id twice",
        "a year of two digits",
        "an unknown annotation",
        "a share over 100",
    ]
    edits = [edit for name in names for edit in CASES[name][0]]
    text, places = broken(edits)
    problems = problems_of(write(tmp_path, text))
    assert [(problem.line, problem.column) for problem in problems] == places
    assert [problem.path for problem in problems] == [
        "name", "sector", "balanstests[1].id", "call_list.date_format", "objections[0].max_shrink", "output.annotate[1]",
    ]  # fmt: skip


def test_the_message_counts_the_problems(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD.replace("sector: press", "sector: pers"))
    with pytest.raises(PolicyError) as caught:
        load_policy(path)
    told = str(caught.value)
    assert told.startswith(f"the policy {path} has a problem:\n  {path}:6:9: sector: should be ")
    assert caught.value.exit_code == 3


UNREADABLE: dict[str, tuple[bytes, tuple[int, int], str]] = {
    "empty": (b"", (1, 1), "is empty"),
    "comments only": (b"# niets\n", (1, 1), "is empty"),
    "a list": (b"- a\n", (1, 1), "should hold `key: value` lines"),
    "a text": (b"hallo\n", (1, 1), "should hold `key: value` lines"),
    "a byte order mark": (b"\xef\xbb\xbfpolicy: 1\n", (1, 1), "byte order mark (UTF-8)"),
    "UTF-16": ("policy: 1\n".encode("utf-16"), (1, 1), "byte order mark (UTF-16)"),
    "windows-1252": ("policy: 1\nname: Café".encode("windows-1252"), (2, 10), "is not UTF-8: byte 0xe9"),
    "NUL": (b"policy: 1\nname: a\0b\n", (2, 8), "invisible character (U+0000)"),
    "a lone carriage return": (b"policy: 1\rname: a\n", (1, 10), "invisible character (U+000D)"),
    "a line separator": ("name: a\u2028b\n".encode(), (1, 8), "invisible character (U+2028)"),
    "a change of direction": ("name: a\u202eb\n".encode(), (1, 8), "invisible character (U+202E)"),
    "too large": (b"a: b\n" * 300_000, (0, 0), "is 1.5 MB large"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_file_is_told_in_one_sentence(name: str, tmp_path: Path) -> None:
    data, place, fragment = UNREADABLE[name]
    (problem,) = problems_of(write(tmp_path, data))
    assert (problem.line, problem.column) == place
    assert fragment in problem.message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "courant.yaml")
    assert str(problem) == f"{tmp_path}/courant.yaml: does not exist"


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path)
    assert problem.message == "is not a file"


def test_line_ends_of_windows_are_fine(tmp_path: Path) -> None:
    good = load_policy(write(tmp_path, GOOD))
    assert load_policy(write(tmp_path, GOOD.replace("\n", "\r\n"))) == good


def test_positions_hold_with_line_ends_of_windows(tmp_path: Path) -> None:
    text, places = broken(CASES["an annotation twice"][0])
    (problem,) = problems_of(write(tmp_path, text.replace("\n", "\r\n")))
    assert [(problem.line, problem.column)] == places


def test_no_answer_is_shown_in_a_problem(tmp_path: Path) -> None:
    """A policy in which every value is of the wrong kind: what was written stays where it is."""
    secret = "geheim" * 20
    text = GOOD.replace("months", secret).replace("press", secret).replace("count: 3", f"count: {secret}")
    assert not any(secret in str(problem) for problem in problems_of(write(tmp_path, text)))


PIECES = st.sampled_from(
    [
        "\n",
        "  ",
        "- ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        "'",
        '"',
        "#",
        "&a ",
        "*a",
        "!x ",
        "|",
        ">",
        "\t",
        "%",
        "@",
        "null",
        "no",
        "0",
        "é",
        "…",
        "?",
        "\r",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD)), st.integers(0, 30), PIECES), min_size=1, max_size=4))
def test_whatever_is_written_is_told_and_never_crashes(edits: list[tuple[int, int, str]]) -> None:
    text = GOOD
    for at, cut, piece in edits:
        text = text[:at] + piece + text[at + cut :]
    try:
        policy_of(parse_yaml(text, "courant.yaml"), Path("courant.yaml"), countries=COUNTRIES)
    except PolicyError as error:
        assert error.problems  # noqa: PT017
        lines = text.split("\n")
        for problem in error.problems:
            assert problem.message
            assert 1 <= problem.line <= len(lines) + 1
            assert 1 <= problem.column <= len(lines[min(problem.line, len(lines)) - 1]) + 2


def test_a_loaded_policy_knows_its_file(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    loaded = read_policy(path)
    assert (loaded.file, loaded.path, loaded.text) == (str(path), path, GOOD)
    assert len(loaded.sha256) == 64
