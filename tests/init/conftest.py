"""A new project with the messy export of an energy supplier, and the replies that make its policy."""

import shutil
from pathlib import Path

import pytest

from tests.brandfolder import ROOT

REPLIES = {
    "Welke rechtspersoon": "Zonnestroom Energie B.V.",
    "In welke sector": "1",
    "Waar staat het belbestand?": "fixtures/zonnestroom/call_list.csv",
    "Hoe moet deze balanstest": "levering",
    "Voor welke producten": "Stroom, Stroom; groen, Gas, 3",
    "1a. ": "Met het ingaan van het leveringscontract, op de dag van het eerste termijnbedrag: een offerte of een account\n"
    "in de app schept geen betalingsverplichting.\n",
    "1b. ": "Nul tot twaalf maanden, geteld vanaf de laatste dag waarop is geleverd.\n",
    "1c. ": "Levering van stroom en gas aan huishoudens.\n",
    "1d. ": "Een vast contract duurt een jaar, soms drie.\n",
    "2a. ": "Dertig dagen na de laatste levering.\n",
    "Moet het filter een wachttijd": "30 dagen",
    "2b. ": "Eén gesprek per oud-klant.\n",
    "2c. ": "We bellen op werkdagen tussen 10 en 20 uur.\nEen bezwaar geldt vanaf dezelfde dag.\n",
    "3a. ": "Een teruggewonnen klant kost een derde van een nieuwe.\n",
    "3b. ": "Tot 6 maanden 3,1% nieuw contract; 6-12 maanden 3,8%.\n",
    "3c. ": "Tot 6 maanden 2,0% bezwaar; 6-12 maanden 2,4%.\n",
    "3d. ": "Per duizend gesprekken 0,9 tot 6 maanden, en 1,1 daarna.\n",
    "Wat wordt de klanttermijn?": "12 maanden",
    "4. ": "Binnen een jaar kwam er vaker een contract tot stand dan een bezwaar.\n",
    "Waar komen de gegevens vandaan?": "Onze eigen klantadministratie.\n",
    "Waar staat het bestand met bezwaren?": "fixtures/zonnestroom/objections.csv",
    "Hoe oud mag het bestand": "-",
}
"""What is typed, by how the question begins; Enter for every other question."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a folder with the export and an empty folder of configs."""
    shutil.copytree(ROOT / "fixtures" / "zonnestroom", tmp_path / "fixtures" / "zonnestroom")
    (tmp_path / "configs").mkdir()
    return tmp_path
