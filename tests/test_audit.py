"""The licences of what the project rests on; the part of the audit that needs no network."""

from __future__ import annotations

import pytest

from tests import audit


def test_every_licence_is_on_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main(["--offline"]) == 0, capsys.readouterr().out
    told = capsys.readouterr().out
    assert "durable-rules" in told and "pydantic-core" in told, "what is needed in turn is looked at, too"
    assert "0 refused" in told
    assert "vulnerabilities: UNKNOWN, not none: not asked for" in told


@pytest.mark.parametrize(
    ("licence", "by", "allowed"),
    [
        ("MIT", ("core",), True),
        ("MIT AND PSF-2.0", ("core",), True),
        ("GPL-3.0-only OR MIT", ("core",), True),
        ("(Apache-2.0 OR GPL-3.0-only) AND MIT", ("core",), True),
        ("MIT AND GPL-3.0-only", ("test",), False),
        ("GPL-3.0-only", ("test",), False),
        ("MPL-2.0", ("test", "web"), True),
        ("MPL-2.0", ("core", "test"), False),
        ("Mozilla Public License 2.0 (MPL 2.0)", ("test",), True),
        ("", ("test",), False),
    ],
)
def test_copyleft_is_refused_and_at_arms_length_outside_the_core(licence: str, by: tuple[str, ...], allowed: bool) -> None:
    assert audit.Needed("x", "1", licence, by).allowed is allowed


def test_what_cannot_be_asked_is_unknown_and_a_vulnerability_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "vulnerabilities", lambda _: ([], "no network"))
    assert audit.main([]) == 0
    assert "vulnerabilities: UNKNOWN, not none: no network" in capsys.readouterr().out
    monkeypatch.setattr(audit, "vulnerabilities", lambda _: (["starlette 0.1: PYSEC-1"], ""))
    assert audit.main([]) == 1
    assert "vulnerabilities: 1 known" in capsys.readouterr().out
