"""The language of a command, before a word of it is read: what is told of a wrong command is told in it as well."""

from __future__ import annotations

import gettext
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from balansfilter.cli.shared.global_options import WITH_VALUE
from balansfilter.wording.speaking import ask_for, language_of, speak, spoken

if TYPE_CHECKING:
    from balansfilter.wording.formats import Language


def choose_language(arguments: Sequence[str], environment: Mapping[str, str]) -> None:
    """Speak the language that the command line asks for, else that of the site, else that of the environment."""
    given = _global_options(arguments)
    configs = given.get("--configs") or environment.get("BALANSFILTER_CONFIGS") or "configs"
    asked = given.get("--lang") or _of_site(Path(configs) / "balansfilter.yaml")
    language: Language | None = "nl" if asked == "nl" else "en" if asked == "en" else None
    ask_for(language)
    speak(language or language_of(environment))
    _speak_of_commands()


def _global_options(arguments: Sequence[str]) -> dict[str, str]:
    """Return the global options: those before the name of the command."""
    found, rest = {}, iter(arguments)
    for argument in rest:
        if not argument.startswith("-"):
            break
        name, is_one_word, value = argument.partition("=")
        if name in (*WITH_VALUE, "--lang"):
            found[name] = value if is_one_word else next(rest, "")
    return found


def _of_site(path: Path) -> str | None:
    """Return the language that the site settings name, without reading anything else of them: most sites name none."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return None
    named = (line.removeprefix("lang:").partition("#")[0].strip(" \t'\"") for line in lines if line.startswith("lang:"))
    return next(named, None)


def _speak_of_commands() -> None:
    """Let click speak the language as well. It asks gettext, which knows languages by compiled files only."""
    if spoken() == "en":
        gettext.dgettext, gettext.dngettext = _DGETTEXT, _DNGETTEXT
        return
    from balansfilter.wording.messages import command_texts

    texts = command_texts(spoken())
    gettext.dgettext = lambda domain, message: texts.get(message) or _DGETTEXT(domain, message)

    def dngettext(domain: str, msgid1: str, msgid2: str, n: int) -> str:
        form = msgid1 if n == 1 else msgid2
        return texts.get(form) or _DNGETTEXT(domain, msgid1, msgid2, n)

    gettext.dngettext = dngettext


_DGETTEXT, _DNGETTEXT = gettext.dgettext, gettext.dngettext
