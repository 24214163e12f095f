"""What the commands do beside running: one file a command, named as it is typed.

`commands/check.py` is what `balansfilter check` calls, `commands/audit/prune.py` what `balansfilter audit prune` calls.
They stand above the pipeline, because they start a run again, take its lock or mend what it left; nothing of a run may
import them. None of them knows the terminal.

Rule: a file is named as its command is typed, knows no terminal, and is imported by no run.
"""
