"""Notices to people: a command, a webhook, a mail, a ping. What cannot be told is said, and never fails a run.

A notice is how a run ended, as plain JSON values; it holds no person. Of an address only the host is ever named, and of
a command only its name, since the rest may hold a secret.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from balansfilter.policy.notify import FromEnvironment, NotifyEmail, NotifyPings, Occasion, address
from balansfilter.policy.site import Site
from balansfilter.version import VERSION
from balansfilter.wording.plural import counted

Notice = Mapping[str, Any]
_PINGS: Mapping[Occasion, str] = {
    "started": "start",
    "published": "success",
    "closed": "success",
    "not_handed_over": "success",
    "failed": "failure",
}
"""Which ping goes with what; a run that was killed is one whose success never came."""
_SUFFIXES = {"start": "/start", "success": "", "failure": "/fail"}


def notify(site: Site, occasion: Occasion, notice: Notice) -> tuple[str, ...]:
    """Tell everybody who is to hear of an occasion; return who could not be told, and why."""
    told = {"event": occasion, **notice, "version": VERSION}
    failures = (_tried(name, tell, site.notify.timeout) for name, tell in _listeners(site, occasion, told))
    return tuple(failure for failure in failures if failure is not None)


def _listeners(site: Site, occasion: Occasion, notice: Notice) -> Iterator[tuple[str, Callable[[], None]]]:
    settings = site.notify
    seconds, brand = settings.timeout, str(notice["brand"])
    if occasion in settings.on:
        data = json.dumps(notice, ensure_ascii=False).encode()
        command, webhook, email = settings.command, settings.webhook, settings.email
        if command is not None:
            yield f"the command {Path(command[0]).name}", lambda: _hand_to(command, data, seconds)
        if webhook is not None:
            yield "the webhook", lambda: _ask(address(webhook, brand), data, seconds)
        if email is not None:
            yield "the mail", lambda: _mail(email, site, notice)
    ping = _ping(settings.ping, occasion)
    if ping is not None:
        where, suffix = ping
        yield "the ping", lambda: _ask(address(where, brand).rstrip("/") + suffix, None, seconds)


def _ping(
    wanted: str | FromEnvironment | NotifyPings | None, occasion: Occasion
) -> tuple[str | FromEnvironment, str] | None:
    kind = _PINGS.get(occasion)
    if kind is None or wanted is None:
        return None
    if isinstance(wanted, NotifyPings):
        one: str | FromEnvironment | None = getattr(wanted, kind)
        return None if one is None else (one, "")
    return wanted, _SUFFIXES[kind]


def _tried(name: str, tell: Callable[[], None], seconds: int) -> str | None:
    try:
        tell()
    except (OSError, ValueError, subprocess.SubprocessError, http.client.HTTPException) as error:
        return f"{name} could not be told: {_why(error, seconds)}"
    return None


def _why(error: Exception, seconds: int) -> str:
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, TimeoutError | subprocess.TimeoutExpired):
        return counted(seconds, "it took longer than {count} second", "it took longer than {count} seconds")
    match error:
        case subprocess.CalledProcessError():
            return f"it ended with {error.returncode}"
        case urllib.error.HTTPError():
            return f"{urlsplit(error.url).hostname} answered {error.code}"
        case http.client.HTTPException():
            return "it did not answer as a web server does"
        case ValueError():
            return str(error)
        case _:
            return getattr(reason, "strerror", None) or "it cannot be reached"


def _hand_to(command: tuple[str, ...], data: bytes, seconds: int) -> None:
    subprocess.run(command, input=data, check=True, timeout=seconds, capture_output=True)  # noqa: S603 - the site's own


def _ask(url: str, data: bytes | None, seconds: int) -> None:
    """Ask for an address, or post JSON to it; only http and https, which the settings made sure of."""
    headers = {"User-Agent": f"balansfilter/{VERSION}"} | ({"Content-Type": "application/json"} if data else {})
    request = urllib.request.Request(url, data, headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
        answer.read(1024)


def _mail(settings: NotifyEmail, site: Site, notice: Notice) -> None:
    from balansfilter.nightly.mail import mail

    _hand_to((settings.sendmail, "-i", "-t"), mail(settings, site, notice).as_bytes(), site.notify.timeout)
