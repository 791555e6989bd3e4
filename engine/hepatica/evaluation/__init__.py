"""From verdicts to an answer: each therapy in one list, with its reasons and the evidence."""
