"""The sentences that every output carries."""

NOTICE = (
    "For education. Summarises published evidence matched to the facts entered; not a medical device; does not "
    "recommend a treatment for any person and must not be used to decide care."
)


def notice(as_of: str) -> str:
    """The notice with the date of the evidence, e.g. `notice("2016-08")`."""
    return f"{NOTICE} Evidence as of {as_of}; facts missing or in conflict are listed."
