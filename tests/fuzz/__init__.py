"""Structure-aware fuzzing of everything that comes from outside: rulesets, patients, case files, requests.

Run it as `python -m tests.fuzz --minutes 10 --seed 1`. Hypothesis draws the inputs and makes a failing one small; this package
says how valid documents are damaged (`edits`), what must hold of every input (`oracles`), and what is run (`targets`).
"""
