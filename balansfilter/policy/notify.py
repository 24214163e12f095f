"""The parts of the site settings that let a failure reach a person: who is notified, of what, and how."""

from __future__ import annotations

import os
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from balansfilter.policy.base import Frozen, Text

Occasion = Literal["started", "published", "closed", "failed", "killed", "not_handed_over", "not_good"]


def _known_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("https", "http") and bool(parts.hostname) and not set(text) & {" ", "\t"}
        _ = parts.port
    except ValueError:
        sound = False
    if not sound:
        raise ValueError("should be the address of a page, with https before it, or {env: NAME} where it is a secret")
    return text


class FromEnvironment(Frozen):
    """An address that stands in a variable of the environment, since who knows it may use it."""

    env: Annotated[Text, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] = Field(description="The name of the variable.")


Address = Annotated[Text, AfterValidator(_known_address)] | FromEnvironment


def address(given: str | FromEnvironment, brand: str) -> str:
    """Return an address with the brand filled in for `{brand}`.

    :raises ValueError: the variable of the environment is not set, or holds no address.
    """
    if isinstance(given, str):
        return given.replace("{brand}", brand)
    found = os.environ.get(given.env, "").strip()
    if not found:
        raise ValueError(f"the environment has no {given.env}")
    try:
        return _known_address(found).replace("{brand}", brand)
    except ValueError as error:
        raise ValueError(f"{given.env} in the environment {error}") from None


class NotifyEmail(Frozen):
    """A mail by the machine's own sendmail."""

    to: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(description="Who gets the mail.")
    sender: Text | None = Field(
        default=None, alias="from", description="Who sends it; the machine's user unless given."
    )
    sendmail: Text = Field(default="/usr/sbin/sendmail", description="The program that takes mail, with -i and -t.")


class NotifyPings(Frozen):
    """Addresses that are asked for when a run begins and ends, such as those of a dead man's switch."""

    start: Address | None = Field(default=None, description="When a run begins.")
    success: Address | None = Field(default=None, description="When a list was published, or the day has no calls.")
    failure: Address | None = Field(default=None, description="When a run failed.")


class SiteNotify(Frozen):
    """Who is told how runs go. No notice holds a person; one that cannot be given never fails a run."""

    on: Annotated[tuple[Occasion, ...], Field(min_length=1)] = Field(
        default=("failed", "killed", "not_handed_over", "not_good"),
        description="What the command, the webhook and the mail are told of; pings are given always.",
    )
    command: Annotated[tuple[Text, ...], Field(min_length=1)] | None = Field(
        default=None, description="A command, as a list of words, that gets the notice as JSON on standard input."
    )
    webhook: Address | None = Field(default=None, description="An address to which the notice is posted as JSON.")
    email: NotifyEmail | None = Field(default=None, description="A mail by the machine's sendmail.")
    ping: Address | NotifyPings | None = Field(
        default=None,
        description="An address that is asked for on success, with /start behind it as a run begins and /fail as it "
        "fails; or one for each. {brand} is filled in.",
    )
    timeout: Annotated[int, Field(ge=1, le=300)] = Field(default=10, description="Seconds that each may take.")
