"""The interview that makes a policy: the balanstest question by question, and a look at the files that it names.

`text`, `titles`, `date_formats`, `roles` and `look` find out how a file is written; `replies`, `template` and
`questions` say what is asked, and `counted` what the call history answers before anybody is asked; `conversation`
talks, and `saved` keeps the answers of an interrupted interview; `answers_file` takes them from a file instead;
`policy_text` writes the policy, and `finish` checks what is still needed.

Rule: nothing is written that a check would refuse.
"""
