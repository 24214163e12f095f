"""The top of the command line: the global options, and the one place where errors become exit codes."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from balansfilter.cli.shared.begun_runs import are_all_published, forget_runs, published_brands
from balansfilter.cli.shared.bugs import BUG, error_json, tell_bug
from balansfilter.cli.shared.context import Settings
from balansfilter.cli.shared.global_options import hoisted, tell_version
from balansfilter.cli.shared.interruption import INTERRUPTED, tell_interruption
from balansfilter.cli.shared.language import choose_language
from balansfilter.cli.shared.lazy import LazyGroup
from balansfilter.cli.shared.output import is_lost, keep_output_patient
from balansfilter.cli.shared.process import keep_panics_quiet, keep_standard_streams, leave, spare_what_others_need
from balansfilter.errors import HANDOVER_FAILED, BalansfilterError, OutputError, foreseen
from balansfilter.wording.speaking import speak, tell_time_of, told, told_error

if TYPE_CHECKING:
    from balansfilter.logs import Level
    from balansfilter.wording.formats import Language

COMMANDS = {
    "init": "Ask the questions of the balanstest, and write a policy.",
    "run": "Filter a call list and publish the callable rows.",
    "check": "Look for problems in policies, approvals and sources.",
    "plan": "Show what a run will decide by, before any row is read.",
    "explain": "Tell why a person may or may not be called.",
    "status": "Show the last run of each brand.",
    "recheck": "Find who on the published list objected since.",
    "verify": "Tell whether a list is the published one, and valid today.",
    "objections": "Confirm that the lists of objections are complete.",
    "deliver": "Hand over again what could not be handed over.",
    "balanstest": "Show the overviews of a balanstest, try out other terms, and approve it.",
    "report": "Make the page of a run, or a site over all brands and runs.",
    "audit": "Read, verify and export the audit log.",
    "completion": "Print what lets your shell complete commands and brands.",
    "warm": "Compile for this machine what long lists need, so that no night waits for it.",
    "schema": "Print the JSON Schema of a policy, or of a manifest.",
}
"""Each command and what it does; its code is imported when it is called, so that help is quick."""

_TOO_MANY_WORDS = "Got unexpected extra argument"
"""How click begins what it says of words that belong to nothing."""


@click.command(
    cls=LazyGroup,
    summaries=COMMANDS,
    prefix="balansfilter.cli.",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=tell_version, help="Show the versions."
)
@click.option(
    "--configs",
    type=click.Path(path_type=Path),
    default=Path("configs"),
    envvar="BALANSFILTER_CONFIGS",
    show_default=True,
    show_envvar=True,
    help="The folder with balansfilter.yaml and brands/.",
)
@click.option(
    "--lang",
    type=click.Choice(["nl", "en"]),
    help="The language of messages; that of the site, or of LANG, unless given.",
)
@click.option(
    "--log-level",
    type=click.Choice(["DEBUG", "INFO", "WARNING", "ERROR"]),
    default="WARNING",
    show_default=True,
    help="The least that is logged to stderr.",
)
@click.option(
    "--log-format",
    type=click.Choice(["human", "json"]),
    default="human",
    show_default=True,
    help="How the log is written to stderr.",
)
@click.option("--no-color", is_flag=True, help="No colours; the variable NO_COLOR does the same.")
@click.pass_context
def balansfilter(
    ctx: click.Context, configs: Path, lang: Language | None, log_level: Level, log_format: str, no_color: bool
) -> None:
    """Filter call lists by the balanstest of each brand: who may be called, until when, and on what ground.

    \b
    Exit codes:
      0  done                          5  the engine could not decide
      1  a guard tripped               6  the output could not be written
      2  the command is wrong          7  the audit log is broken
      3  a policy is wrong or lapsed   8  another run is busy
      4  a source is missing or wrong  9  published, but not handed over
                                       70 a bug
    Anything but 0 and 9 means: nothing was published, and the last published list stands.

    The options below, but for --lang, are taken behind the command as well.
    """  # noqa: D301 - click takes the mark itself
    if no_color:
        os.environ["NO_COLOR"] = "1"
    if lang:
        speak(lang)
    ctx.obj = Settings(configs, log_level, log_format, alone=bool(ctx.obj))


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code.

    :param arguments: those of somebody who goes on afterwards; None for those of the process, which ends with it.
    """
    ends_with_it = arguments is None
    signal.signal(signal.SIGTERM, _terminate)
    keep_standard_streams()
    spare_what_others_need()
    keep_panics_quiet(sys.__stderr__)
    keep_output_patient()
    arguments = hoisted(sys.argv[1:] if arguments is None else arguments)
    choose_language(arguments, os.environ)
    tell_time_of(None)
    forget_runs()
    try:
        # The object is at first whether the process ends with the command, and becomes the settings that tell that too.
        code = balansfilter.main(arguments, prog_name="balansfilter", standalone_mode=False, obj=ends_with_it)
    except click.ClickException as error:
        _in_language(error).show()
        code = error.exit_code
    except BalansfilterError as error:
        tell(error, as_json="--json" in arguments)
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        tell_interruption()
        code = HANDOVER_FAILED if are_all_published() else INTERRUPTED
    except SystemExit:
        raise
    except BaseException as error:  # noqa: BLE001 - what nobody foresaw is told as a bug; a panic in Rust is no Exception
        known = foreseen(error)
        if known is None:
            tell_bug(error, published_brands())
            code = BUG
        else:
            tell(known, as_json="--json" in arguments)
            code = known.exit_code
        code = HANDOVER_FAILED if are_all_published() else code
    code = code if isinstance(code, int) else 0
    code = OutputError.exit_code if code == 0 and is_lost() else code
    if ends_with_it:
        leave(code)
    sys.exit(code)


def _in_language(error: click.ClickException) -> click.ClickException:
    """Return an error of a wrong command, of which the program wrote the sentence itself, in the language.

    Click repeats the words that are too many, which may be the rest of a number or a name.
    """
    if error.message.startswith(_TOO_MANY_WORDS):
        too_many = "there are words that belong to no option; put a value with spaces in it between quotes"
        return click.UsageError(told(too_many), getattr(error, "ctx", None))
    if type(error) is click.UsageError:
        return click.UsageError(told(error.message), error.ctx)
    return error


def tell(error: BalansfilterError, *, as_json: bool) -> None:
    """Tell an error: a sentence and its problems on stderr, or JSON on stdout."""
    if as_json:
        click.echo(json.dumps({"error": error_json(error)}, ensure_ascii=False, indent=2))
    else:
        click.echo(f"balansfilter: {told_error(error)}", err=True)


def _terminate(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
