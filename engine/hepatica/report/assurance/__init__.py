"""Views of what proofs and cases found."""
