"""What a pathway's boxes say: shared by its text, its SVG and its Mermaid diagram."""

from __future__ import annotations

from hepatica.knowledge import DEMANDS
from hepatica.patient import FIELD_BY_NAME
from hepatica.teaching.pathway import Door, Leaf, Pathway, State, Status

MARKS: dict[State, str] = {"": "", "lit": "✓", "open": "?", "closed": "✕"}
AGAINST = "⊘"
SPOKEN = {"": "", "✓": "Open: ", AGAINST: "Reached, but not supported: ", "?": "Not settled: ", "✕": "Closed: "}
LEGEND = "✓ open to the patient; ⊘ reached, but not supported; ? depends on a fact not known; ✕ closed, and by what."
_MOST_TRIALS = 2


def title(path: Pathway) -> str:
    """The picture's title."""
    card = path.ruleset.card
    whose = f" for {path.profile.label or 'one hypothetical patient'}" if path.profile else ""
    return f"Treatment lines{whose}: {card.id} {card.version}, evidence as of {card.as_of}"


def why(status: Status) -> str:
    """Why a door is closed or undecided: "closed: Prior sorafenib is none"; empty where nothing is to be said."""
    if status.state == "closed" and status.why:
        facts = dict.fromkeys(f"{FIELD_BY_NAME[reason.field].title} is {reason.value}".replace("_", " ") for reason in status.why)
        return f"closed: {'; '.join(facts)}"
    if status.state == "open" and status.needs:
        return f"depends on {', '.join(FIELD_BY_NAME[name].title for name in status.needs)}"
    return ""


def behind(door: Door) -> str:
    """The therapies that lie behind a door, each once; those that it leads to evidence against are named apart."""
    leaves = [leaf for branch in door.branches for leaf in branch.leaves]
    backed = list(dict.fromkeys(leaf.therapy.name for leaf in leaves if leaf.rule.standing != "not_supported"))
    against = [name for name in dict.fromkeys(leaf.therapy.name for leaf in leaves) if name not in backed]
    parts = [", ".join(backed)] if backed else []
    parts += [f"not supported: {', '.join(against)}"] if against else []
    return f"Behind it: {'; '.join(parts)}"


def leaf_mark(leaf: Leaf) -> str:
    """The mark of a therapy box: an applying rule against a therapy is not a path to it."""
    against = leaf.status.state == "lit" and leaf.rule.standing == "not_supported"
    return AGAINST if against else MARKS[leaf.status.state]


def leaf_class(leaf: Leaf) -> str:
    """The class of a therapy box: its state, or "against"."""
    return "against" if leaf_mark(leaf) == AGAINST else leaf.status.state


def standing(leaf: Leaf) -> str:
    """The rule's standing as a title."""
    return DEMANDS[leaf.rule.standing].title


def trials(leaf: Leaf) -> str:
    """The trials behind a box; the first two by name, the others by their number."""
    names = [study.name for study in leaf.studies]
    more = len(names) - _MOST_TRIALS
    return "; ".join(names[:_MOST_TRIALS]) + (f"; {more} more" if more > 0 else "")
