"""What a seminar is built on: the quiz, the treatment lines drawn from the rules, and the hazard ratios side by side."""

from __future__ import annotations

from hepatica.teaching.forest import ENDPOINTS, SETTINGS, Estimate, Forest, ForestPanel, ForestRow, forest
from hepatica.teaching.pathway import Pathway, PathwayCondition, PathwayDrug, PathwayGroup, PathwayLine, State, pathway
from hepatica.teaching.quiz import (
    MOST_CASES,
    TOPICS,
    JudgedChoice,
    MarkedCase,
    Quiz,
    QuizAnswer,
    QuizCase,
    QuizKey,
    QuizQuestion,
    QuizReveal,
    QuizStart,
    QuizSummary,
    QuizTally,
    fact,
    mark,
    marked,
    not_offered,
    pick,
    read_token,
    resumed,
    token,
)
from hepatica.teaching.quiz_maker import quiz
from hepatica.teaching.quiz_patients import LEVELS, Level
