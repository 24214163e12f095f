"""`balansfilter init`: an interview that goes through the balanstest, looks at the files, and writes a policy."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from balansfilter.cli.shared.context import Settings, written_language_option
from balansfilter.cli.shared.samples_shown import sample_line
from balansfilter.cli.shared.spoken_help import SpokenCommand
from balansfilter.errors import PolicyError, UsageError
from balansfilter.wording.speaking import speak, told

if TYPE_CHECKING:
    from balansfilter.interview.conversation import Conversation
    from balansfilter.interview.desk import Answers, Desk
    from balansfilter.interview.saved import SavedAnswers
    from balansfilter.policy.loading import LoadedPolicy
    from balansfilter.policy.site import Site
    from balansfilter.wording.formats import Language

_WIDTH = 88
_PUT_OFF = 130
"""The exit code of an interview that was interrupted: nothing is wrong, and nothing was written."""


@click.command("init", cls=SpokenCommand)
@click.argument("brand", required=False)
@written_language_option("The language of the questions and the policy's comments; the site's, or Dutch, unless given.")
@click.option(
    "--answers",
    "answers_path",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Ask nothing: take the answers from this YAML file, with the keys of a policy.",
)
@click.option("--call-list", metavar="PATH", help="The call list to look at; asked for unless given.")
@click.option("--print-answers", is_flag=True, help="Print a form for --answers, with every question, and stop.")
@click.pass_obj
def command(
    settings: Settings,
    brand: str | None,
    language: Language,
    answers_path: Path | None,
    call_list: str | None,
    print_answers: bool,
) -> int:
    """Make the policy of a brand: go through its balanstest question by question, and look at its files.

    Each question has an explanation and an example; `?` tells more, `<` goes back, and an empty reply takes what is
    shown between brackets. What is interrupted is taken up again the next time. A policy that exists is never
    replaced. The exit code is that of the check at the end; an approval that is still to be given is no failure.
    """
    from balansfilter.interview.answers_file import answers_form, read_answers
    from balansfilter.interview.finish import draft, refuse_existing, write_policy
    from balansfilter.interview.saved import SavedAnswers
    from balansfilter.policy.model import is_brand_id
    from balansfilter.wording.catalogue import load_wording

    if print_answers:
        click.echo(answers_form(load_wording(language), brand), nl=False)
        return 0
    if brand is None or not is_brand_id(brand):
        raise UsageError("name the brand in a-z, 0-9 and -, such as: balansfilter init noorderpost")
    site = settings.site()
    path = settings.configs / "brands" / f"{brand}.yaml"
    refuse_existing(path)
    desk = _desk(settings, site, brand, language, call_list)
    saved = SavedAnswers.of(settings.configs, brand)
    if answers_path is not None:
        loaded = draft(read_answers(answers_path, desk), path, desk.words)
    else:
        speak(language)
        loaded = _interview(desk, saved, path)
    write_policy(settings.configs, loaded)
    saved.remove()
    return _tell(settings, site, loaded, desk)


def _desk(settings: Settings, site: Site, brand: str, language: Language, call_list: str | None) -> Desk:
    from balansfilter.interview.desk import Desk
    from balansfilter.pipeline.run import today
    from balansfilter.policy.law import load_law
    from balansfilter.policy.site import base_folder
    from balansfilter.wording.catalogue import load_wording

    base = base_folder(settings.configs)
    law = load_law("nl", settings.configs)
    words = load_wording(language)
    return Desk(brand, settings.configs, site, today(site), law, words, _from_base(call_list, base), _Screen().say)


def _from_base(path: str | None, base: Path) -> str | None:
    """Return a path that somebody typed in a shell as a policy names it: from the folder that holds the configs."""
    if path is None or "{" in path:
        return path
    full = Path(path).absolute()
    return str(full.relative_to(base)) if full.is_relative_to(base) else str(full)


# --- the interview --------------------------------------------------------------------------------------------


def _wrapped(text: str, indent: str = "") -> str:
    return textwrap.fill(text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


class _Screen:
    """The terminal, plain: it scrolls, and a paste, a pipe or a screen reader sees what a person sees."""

    def heading(self, text: str) -> None:
        click.echo()
        click.secho(f"── {text} ", bold=True, nl=False)
        click.secho("─" * max(3, _WIDTH - len(text) - 4), bold=True)

    def question(self, text: str, place: str = "") -> None:
        click.echo()
        if place:
            click.secho(place, dim=True)
        click.secho(_wrapped(text), bold=True)

    def say(self, text: str) -> None:
        click.echo(_wrapped(text, "  "))

    def table(self, lines: Iterable[str]) -> None:
        for line in lines:
            click.echo(f"  {line}" if line.startswith(" ") else _wrapped(line, "  "))

    def wrong(self, text: str) -> None:
        click.secho(_wrapped(f"! {text}"), fg="red")

    def line(self, prompt: str) -> str:
        typed: str = click.prompt(prompt, default="", show_default=False, prompt_suffix="")
        return typed


def _interview(desk: Desk, saved: SavedAnswers, path: Path) -> LoadedPolicy:
    """Hold the interview until what was answered makes a policy."""
    from balansfilter.interview.conversation import Conversation, PutOffError
    from balansfilter.interview.finish import draft
    from balansfilter.interview.policy_text import tree_of

    if not sys.stdin.isatty():
        raise UsageError(
            "the questions are asked on a terminal, and there is none here — give the answers with --answers FILE; "
            "--print-answers prints a form for it"
        )
    with suppress(ImportError):
        import readline  # noqa: F401 - lines longer than a terminal's own, and the arrow keys
    screen = _Screen()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        talk = Conversation(desk, screen, saved, _begin(desk, screen, saved))
        while True:
            try:
                return draft(tree_of(talk.hold()), path, desk.words)
            except PolicyError as error:
                _reopen(talk, error, screen)
    except (click.Abort, KeyboardInterrupt):
        _put_off(desk, saved, new_line=True)
    except PutOffError:
        _put_off(desk, saved, new_line=False)


def _begin(desk: Desk, screen: _Screen, saved: SavedAnswers) -> Answers:
    """Greet, and give the answers to go on from."""
    from balansfilter.interview.replies import UnclearError, YesNo

    words = desk.words
    screen.heading(words("init.title", brand=desk.brand))
    screen.say(words("init.welcome"))
    screen.say(words("init.keys"))
    answers = saved.read()
    while answers:
        screen.question(words.counted("init.resume", len(answers)))
        typed = screen.line(f"[{words('init.yes')}] > ").strip()
        try:
            return answers if not typed or YesNo().read(typed, words) else {}
        except UnclearError as error:
            screen.wrong(str(error))
    return {}


def _reopen(talk: Conversation, error: PolicyError, screen: _Screen) -> None:
    """Tell what does not hold across answers, and have those asked again."""
    from balansfilter.policy.yaml_file import path_text

    paths = []
    for problem in error.problems:
        screen.wrong(f"{problem.path}: {problem.message}" + (f" — {problem.hint}" if problem.hint else ""))
        paths += [path for path in talk.answers if problem.path and _touch(path_text(path), problem.path)]
    if not paths:
        raise error
    talk.ask_again(paths)


def _touch(one: str, other: str) -> bool:
    """Whether a path in a policy holds the other."""
    return one.startswith(other) or other.startswith(one)


def _put_off(desk: Desk, saved: SavedAnswers, *, new_line: bool) -> NoReturn:
    if new_line:
        click.echo()
    if saved.path.exists():
        click.echo(_wrapped(desk.words("init.put_off", brand=desk.brand)))
    raise click.exceptions.Exit(_PUT_OFF)


# --- the end --------------------------------------------------------------------------------------------------


def _tell(settings: Settings, site: Site, loaded: LoadedPolicy, desk: Desk) -> int:
    """Tell what was written, what a check finds, and what is still needed; give the exit code of the check."""
    from balansfilter.interview.finish import finish

    words = desk.words
    done = finish(settings.configs, site, loaded, desk.law, desk.as_of)
    click.echo()
    click.secho(words("init.done.written", path=loaded.path), bold=True)
    for source in done.checked.sources:
        rows = words.counted("terms.rows", source.fingerprint.rows)
        files = ", ".join(file.path for file in source.fingerprint.files)
        role = words(f"terms.sources.{source.fingerprint.role.split('[')[0]}")
        click.echo(words("init.done.source", role=role, files=files, rows=rows))
        for sample in done.checked.samples.get(source.fingerprint.role, ()):
            click.echo(f"  {sample_line(sample)}")
    errors = [str(problem) for problem in done.problems]
    errors += [str(error) for error in done.checked.errors] + ([done.no_ground] if done.no_ground else [])
    for error in errors:
        click.echo(f"balansfilter: {desk.brand}: {told(error)}", err=True)
    if done.approvals:
        click.echo()
        click.echo(_wrapped(words.counted("init.done.approve", len(done.approvals))))
        for approval in done.approvals:
            click.echo(f"  {told(_with_configs(approval, settings.configs))}")
    click.echo(words("init.done.then"))
    click.echo(f"  {_with_configs(f'balansfilter check --brand {desk.brand}', settings.configs)}")
    if done.problems or done.no_ground:
        return PolicyError.exit_code
    return max((error.exit_code for error in done.checked.errors), default=0)


def _with_configs(line: str, configs: Path) -> str:
    """Return a command for the folder of configs that is in use."""
    import shlex

    if configs == Path("configs"):
        return line
    return line.replace("balansfilter ", f"balansfilter --configs {shlex.quote(str(configs))} ", 1)
