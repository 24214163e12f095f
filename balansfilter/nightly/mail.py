"""The mail about a run, in the language of the site and by the clock of its time zone. It holds no person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from balansfilter.wording.catalogue import Wording, load_wording
from balansfilter.wording.clock import with_local_moments
from balansfilter.wording.messages import translated

if TYPE_CHECKING:
    from balansfilter.policy.notify import NotifyEmail
    from balansfilter.policy.site import Site


def mail(settings: NotifyEmail, site: Site, notice: Mapping[str, Any]) -> EmailMessage:
    """Return the mail that tells a notice."""
    words = load_wording(site.lang)
    event = words(f"mail.events.{notice['event']}")
    message = EmailMessage()
    message["To"] = ", ".join(settings.to)
    if settings.sender is not None:
        message["From"] = settings.sender
    message["Subject"] = words("mail.subject", brand=notice["brand"], event=event)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n".join(_lines(words, site, notice, event)) + "\n")
    return message


def _lines(words: Wording, site: Site, notice: Mapping[str, Any], event: str) -> Iterator[str]:
    why = notice.get("sentence") or notice.get("not_handed_over")
    told = event if why is None else translated(with_local_moments(why, site.timezone), site.lang)
    yield words("mail.line", brand=notice["brand"], told=told)
    if notice.get("standing"):
        yield from ("", translated(with_local_moments(notice["standing"], site.timezone), site.lang))
    yield ""
    yield from (words(f"mail.facts.{name}", value=value) for name, value in _facts(words, site, notice))


def _facts(words: Wording, site: Site, notice: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the facts that a notice holds, as people read them."""
    formats = words.formats
    as_told: dict[str, tuple[str, Callable[[Any], str]]] = {
        "brand": ("brand", str),
        "run": ("run_id", str),
        "as_of": ("as_of", formats.day),
        "callable": ("callable", formats.number),
        "valid_until": ("valid_until", formats.day),
        "ended_at": ("ended_at", lambda moment: formats.local_moment(moment, site.timezone)),
        "exit": ("exit", str),
    }
    for name, (key, write) in as_told.items():
        if notice.get(key) is not None:
            yield name, write(notice[key])
