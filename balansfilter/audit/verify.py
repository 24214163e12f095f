"""Whether the audit log still proves what it says: the chain, every digest in it, and nothing that it does not know."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from balansfilter.audit.checkpoint import Head
from balansfilter.audit.folder import BrandAudit
from balansfilter.audit.history import History, history
from balansfilter.audit.keyring import key_problems
from balansfilter.audit.ledger import Chain, Event, read_chain, runs_open
from balansfilter.audit.ledger_files import Inputs, compare, compare_inputs, expected_files
from balansfilter.audit.roots import root_problems
from balansfilter.audit.sign_off import approval_problems
from balansfilter.audit.strays import strays
from balansfilter.errors import OutputError, Problem
from balansfilter.frozen import dataclass

_TRIES = 3


@dataclass(frozen=True)
class Place:
    """Where all that the ledger of a brand speaks of stands."""

    audit: BrandAudit
    runs: Path
    """The folder with the lists of the runs."""
    key_file: Path
    """The file of the audit key."""
    current: Callable[[], str | None]
    """Returns the id of the run that is published."""
    busy: Callable[[], str | None]
    """Returns the id of a run that is at work; None where none is."""


@dataclass(frozen=True)
class Verified:
    """What a verification found."""

    head: Head
    """The last event."""
    events: int
    runs: int
    """Published runs."""
    files: int
    """How many lists, decisions and texts were there, and compared with their digests."""
    pruned: int
    """Files that were pruned, and are rightly gone."""
    gone: tuple[str, ...]
    """Lists that are gone though no prune was recorded. That is no break: lists need not be kept."""
    inputs: Inputs
    """What is left of the files that the runs read."""
    reopened: tuple[str, ...]
    """What was recorded each time that the ledger was reopened: such a break stays in sight."""
    handed_over: tuple[int, str] | None
    """The last head that was handed over, by its number, and when; None where none ever was."""
    problems: tuple[Problem, ...]


def verify(place: Place, kept: Sequence[Head] = ()) -> Verified:
    """Verify the ledger of a brand, and everything that it speaks of and that is still there.

    A run or a command may be at work meanwhile: what looks broken is looked at again if the ledger has grown.

    :param kept: heads that somebody kept: the ledger must hold them still.
    """
    for _ in range(_TRIES):
        found = _verify(place, kept)
        if not found.problems or Head(*read_chain(place.audit.ledger).head) == found.head:
            break
    return found


def _verify(place: Place, kept: Sequence[Head]) -> Verified:
    on_disk = strays(place.audit, place.runs)
    busy = place.busy()
    chain = read_chain(place.audit.ledger)
    past = history(chain.events)
    expected = expected_files(place.audit, place.runs, past, chain.events)
    compared = compare(expected)
    ledger = str(place.audit.ledger)
    excused = {head for event in past.reopened for head in event.body["kept"]}
    problems = [
        *chain.problems,
        *_torn(chain, ledger),
        *_unended(chain.events, ledger, busy),
        *(problem for head in kept if str(head) not in excused for problem in head_problems(chain, ledger, head)),
        *compared.problems,
        *root_problems(place.audit, past, compared.changed),
        *key_problems(place.key_file, past),
        *on_disk.unknown(expected, past, busy),
        *approval_problems(place.audit, past),
        *_wrong_current(place, past, busy),
    ]
    return Verified(
        Head(*chain.head),
        len(chain.events),
        len(past.runs),
        compared.same,
        compared.pruned,
        compared.gone,
        compare_inputs(past),
        tuple(_reopened(event) for event in past.reopened),
        (past.handed_over.body["seq"], past.handed_over.at) if past.handed_over else None,
        tuple(problems),
    )


def _reopened(event: Event) -> str:
    broken = "; ".join(event.body["broken"])
    return f"event {event.seq} of {event.at} reopened the ledger ({event.body['reason']}): {broken}"


def _torn(chain: Chain, ledger: str) -> list[Problem]:
    if not chain.torn:
        return []
    hint = "a crash left it, or the ledger was cut; the next run mends it"
    return [Problem(ledger, len(chain.events) + 1, message="the last line does not end", hint=hint)]


def _unended(events: Sequence[Event], ledger: str, busy: str | None) -> list[Problem]:
    if not events:
        return [Problem(ledger, 1, message="holds no event", hint="it is gone or empty; put it back from your backup")]
    problems = []
    for event in runs_open(list(events)):
        if event.body["run_id"] != busy:
            message = f"run {event.body['run_id']} was prepared, and how it ended is not recorded"
            hint = "it was killed, or the end of the ledger was cut; the next run records how it ended"
            problems.append(Problem(ledger, event.seq, message=message, hint=hint))
    return problems


def head_problems(chain: Chain, ledger: str, head: Head) -> list[Problem]:
    """Return what is wrong where a ledger does not hold a head that was kept."""
    last = chain.head[0]
    if head.brand not in (None, Path(ledger).parent.name):
        message = f"the checkpoint is of the brand {head.brand}"
        return [Problem(ledger, message=message, hint="name that brand, or take this brand's checkpoint")]
    if head.seq > last:
        message = f"ends with event {last}, but event {head.seq} was kept"
        return [Problem(ledger, last, message=message, hint="the end of the ledger was cut off")]
    if (head.seq, head.hash) not in {(event.seq, event.hash) for event in chain.events}:
        message = f"event {head.seq} is not the one that was kept"
        return [Problem(ledger, head.seq, message=message, hint="the history up to it was written anew")]
    return []


def _wrong_current(place: Place, past: History, busy: str | None) -> list[Problem]:
    try:
        current = place.current()
    except OutputError as error:
        return [Problem(str(place.runs.parent / "current"), message=error.message)]
    last = past.standing
    if current == last or busy is not None:
        return []
    link = str(place.runs.parent / "current")
    if current is None:
        return [Problem(link, message=f"is gone; run {last} was published last", hint="see: balansfilter audit reopen")]
    message = f"shows run {current}, but the ledger says that {f'run {last}' if last else 'none'} was published last"
    return [Problem(link, message=message, hint="the end of the ledger was cut off, or the link was changed by hand")]
