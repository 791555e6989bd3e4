"""What views of a result need beside it and its JSON leaves out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from hepatica.evaluation import Evaluation

if TYPE_CHECKING:
    HiddenEvaluation = Evaluation
else:
    # Not part of the contract, so pydantic need not know what it is.
    HiddenEvaluation = Annotated[Any, Field(exclude=True)]
