"""Mutation testing of a ruleset: every small change of it must fail a case, unless it is proved to change nothing."""

from __future__ import annotations

from hepatica.assurance.mutation.mutants import Mutant, mutants
from hepatica.assurance.mutation.mutate import MutationResult, mutate
