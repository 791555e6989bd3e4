"""The hypothetical patient: fields, units, staging scores and contradictions."""
