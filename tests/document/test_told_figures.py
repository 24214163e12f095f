"""What answers say in figures: which band is meant, and which share."""

from decimal import Decimal

import pytest

from balansfilter.document.told_figures import told_in


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Tot 6 maanden 6,1%; 6-12 maanden 4,8%.", [(0, 6, "0.061"), (6, 12, "0.048")]),
        ("0-6 maanden 6,1%; 7-12 maanden 4,8%; 13–24 maanden 3%", [(0, 6, "0.061"), (6, 12, "0.048"), (12, 24, "0.03")]),
        ("Up to 6 months 6.1%; 6 to 12 months 4.8%; after 12 months 1%", [(0, 6, "0.061"), (6, 12, "0.048"), (12, None, "0.01")]),
        ("Per duizend. Tot 6 maanden 0,2 klachten; 6-12 maanden 1,1.", [(0, 6, "0.0002"), (6, 12, "0.0011")]),
        ("Dezelfde gesprekken. Tot en met 6 maanden 2 ‰", [(0, 6, "0.002")]),
        ("Een abonnement loopt 31 maanden.", []),
        ("6,1% in totaal", []),
        ("overzicht.csv", []),
    ],
)  # fmt: skip
def test_bands_and_shares_are_read(text, told):
    assert [(one.after, one.up_to, one.share) for one in told_in(text)] == [(a, b, Decimal(c)) for a, b, c in told]
