"""The language in which the program speaks on the terminal: chosen once, by whoever starts it."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar

from balansfilter.wording.catalogue import Wording, load_wording
from balansfilter.wording.formats import LANGUAGES, Language

_SPOKEN: ContextVar[Language] = ContextVar("spoken", default="en")


def speak(language: Language) -> None:
    """Speak a language from now on."""
    _SPOKEN.set(language)


def spoken() -> Language:
    """Return the language that is spoken; English unless something was chosen."""
    return _SPOKEN.get()


def words() -> Wording:
    """Return the catalogue of the language that is spoken."""
    return load_wording(spoken())


def language_of(environment: Mapping[str, str]) -> Language:
    """Return the language that the environment asks for, as gettext reads it; English where it is another."""
    asked = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return next((one for one in LANGUAGES if asked.lower().partition("_")[0].partition(".")[0] == one), "en")
