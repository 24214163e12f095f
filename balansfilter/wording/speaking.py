"""The language in which the program speaks on the terminal: chosen once, by whoever starts it.

Every command loads this; the catalogues, and what writes numbers and days, only once something is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING

from balansfilter.wording.clock import with_local_moments

if TYPE_CHECKING:
    from balansfilter.errors import BalansfilterError
    from balansfilter.wording.catalogue import Wording
    from balansfilter.wording.formats import Language

_SPOKEN: ContextVar[Language] = ContextVar("spoken", default="en")
_ASKED: ContextVar[Language | None] = ContextVar("asked", default=None)
_ZONE: ContextVar[str | None] = ContextVar("zone", default=None)


def speak(language: Language) -> None:
    """Speak a language from now on."""
    _SPOKEN.set(language)


def spoken() -> Language:
    """Return the language that is spoken; English unless something was chosen."""
    return _SPOKEN.get()


def ask_for(language: Language | None) -> None:
    """Keep that a language was asked for, on the command line or in the site, for what is written for people."""
    _ASKED.set(language)


def written() -> Language:
    """Return the language of what is written for people: the one that was asked for, and Dutch where none was."""
    return _ASKED.get() or "nl"


def words() -> Wording:
    """Return the catalogue of the language that is spoken."""
    from balansfilter.wording.catalogue import load_wording

    return load_wording(spoken())


def language_of(environment: Mapping[str, str]) -> Language:
    """Return the language that the environment asks for, as gettext reads it; English where it is another."""
    asked = next((environment[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environment.get(name)), "")
    return "nl" if asked.lower().partition(".")[0].partition("_")[0] == "nl" else "en"


def tell_time_of(zone: str | None) -> None:
    """Tell moments by the clock of a time zone from now on, that of the site; as they are written for None."""
    _ZONE.set(zone)


def told(text: str) -> str:
    """Return a text that the program tells, in the language that is spoken; moments in it by the clock of the site."""
    zone = _ZONE.get()
    if zone is not None:
        text = with_local_moments(text, zone)
    if spoken() == "en":
        return text
    from balansfilter.wording.messages import translated

    return translated(text, spoken())


def told_error(error: BalansfilterError) -> str:
    """Return an error with its problems, in the language that is spoken; moments in it by the clock of the site."""
    if spoken() == "en":
        return told(str(error))
    problems = (replace(one, message=told(one.message), hint=told(one.hint)) for one in error.problems)
    return "\n".join([told(error.message), *(f"  {problem}" for problem in problems)])


def told_figure(figure: str) -> str:
    """Return a figure that is written as in English, with the separators of the language that is spoken."""
    return figure if spoken() == "en" else figure.translate(_SEPARATORS)


_SEPARATORS = str.maketrans(",.", ".,")


def told_reason(reason: str) -> str:
    """Return a reason or a ground, with its label behind it in another language than English."""
    code = reason.removeprefix("ground ")
    shown = code if code == reason else f"{told('ground')} {code}"
    label = _label(f"terms.reasons.{code}.label") or _label(f"terms.grounds.{code}.label")
    return f"{shown} ({label})" if label else reason


def told_column(role: str) -> str:
    """Return what a column of a policy is called in another language than English; `phone (mobiel)` keeps its name."""
    code, space, rest = role.partition(" ")
    return (_label(f"terms.columns.{code}") or code) + space + rest


def told_source(role: str) -> str:
    """Return a source, such as `objections[1]`, with its label before it in another language than English."""
    return _with_label(role, f"terms.sources.{role.partition('[')[0]}")


def told_choice(key: str, choice: str) -> str:
    """Return what a key of the policy was set to, with its meaning before it in another language than English."""
    return _with_label(choice, f"terms.choices.{key}.{choice}")


def _with_label(code: str, name: str) -> str:
    label = _label(name)
    return f"{label} ({code})" if label else code


def _label(name: str) -> str | None:
    """Return a label out of the catalogue; None in English, which shows the code, and where there is none."""
    return words()(name) if spoken() != "en" and name in words().texts else None
