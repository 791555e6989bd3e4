"""The shipped patients."""

from __future__ import annotations

import pytest

from hepatica.patient import Profile, read_profile
from tests.conftest import ROOT

PATIENTS = ROOT / "patients"


@pytest.fixture(scope="session")
def met_high() -> Profile:
    return read_profile(PATIENTS / "after-sorafenib-met-high.yaml")
