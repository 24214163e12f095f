"""The site: an index of brands, an index of each brand's runs, and a page for each run."""

from datetime import date

from balansfilter.report.page_files import write_site
from balansfilter.report.runs import KeptRun
from balansfilter.report.site_pages import BrandHistory, site_pages
from tests.report.page_reader import read, said, table
from tests.report.samples import CHECKPOINT, earlier
from tests.report.test_pages_form import brands

TODAY = date(2026, 3, 5)


def test_the_index_tells_how_each_brand_stands():
    pages = dict(site_pages(brands(), TODAY))
    assert table(read(pages["index.html"]), "De laatste run van elk merk") == [
        ["Merk", "Laatste run voor", "Ouderdom", "Te bellen", "Geldig tot en met", "Eerstvolgende herziening"],
        [
            "De Noorderpost noorderpost",
            "3 maart 2026",
            "2 dagen",
            "1.724",
            "3 maart 2026 (verlopen)",
            "1 maart 2026 (verlopen)",
        ],
        ["De Noorderpost morgen", "9 maart 2026", "over 4 dagen", "1.724", "geen grens", "1 maart 2027"],
        ["De Noorderpost vandaag", "5 maart 2026", "vandaag", "1.724", "6 maart 2026", "geen"],
        ["nieuw", "nog geen run", "–", "–", "–", "geen"],
    ]


def test_runs_are_told_newest_first():
    pages = dict(site_pages(brands(), TODAY, "en"))
    told = table(read(pages["noorderpost/index.html"]), "All runs that are kept, the newest first")
    assert [row[0].split(" 2026 ")[0] for row in told[1:]] == ["3 March", "2 March", "1 March", "28 February"]


def test_every_link_leads_to_a_page_of_the_site():
    pages = dict(site_pages(brands(), TODAY))
    assert len(pages) == 1 + 4 + 6
    for name, page in pages.items():
        folder = name.rpartition("/")[0]
        for link in read(page).iter("a"):
            href = link.get("href")
            if not href.startswith("#"):
                to = href.removeprefix("../") if href.startswith("../") else f"{folder}/{href}".removeprefix("/")
                assert to in pages, (name, href)


def test_a_run_s_page_leads_back_and_tells_of_the_runs_before_it():
    pages = dict(site_pages(brands(), TODAY, "en"))
    root = read(pages["noorderpost/20260303T021508Z-a1b2c3.html"])
    assert said(next(root.iter("a"))) == "To the content"
    assert ["index.html", "All runs of De Noorderpost"] in [[a.get("href"), said(a)] for a in root.iter("a")]
    assert "The previous run was 20260302T021508Z-000001, for 2 March 2026." in said(root)


def test_pages_of_runs_that_are_gone_are_removed_and_other_files_stay(tmp_path):
    two = [KeptRun(one, CHECKPOINT) for one in earlier(2)]
    write_site(tmp_path, site_pages([BrandHistory("noorderpost", tuple(two), None)], TODAY))
    folder = tmp_path / "noorderpost"
    (folder / "notes.html").write_text("kept")
    gone = folder / f"{two[1].run_id}.html"
    assert gone.exists()
    assert write_site(tmp_path, site_pages([BrandHistory("noorderpost", (two[0],), None)], TODAY)) == 3
    assert not gone.exists()
    assert sorted(path.name for path in folder.iterdir()) == [f"{two[0].run_id}.html", "index.html", "notes.html"]
    assert (folder / "index.html").stat().st_mode & 0o077 == 0
