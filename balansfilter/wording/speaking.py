"""The language in which the program speaks on the terminal: chosen once, by whoever starts it.

Every command loads this; the catalogues, and what writes numbers and days, only once something is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from balansfilter.wording.catalogue import Wording
    from balansfilter.wording.formats import Language

_SPOKEN: ContextVar[Language] = ContextVar("spoken", default="en")


def speak(language: Language) -> None:
    """Speak a language from now on."""
    _SPOKEN.set(language)


def spoken() -> Language:
    """Return the language that is spoken; English unless something was chosen."""
    return _SPOKEN.get()


def words() -> Wording:
    """Return the catalogue of the language that is spoken."""
    from balansfilter.wording.catalogue import load_wording

    return load_wording(spoken())


def language_of(environment: Mapping[str, str]) -> Language:
    """Return the language that the environment asks for, as gettext reads it; English where it is another."""
    asked = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "nl" if asked.lower().partition(".")[0].partition("_")[0] == "nl" else "en"
