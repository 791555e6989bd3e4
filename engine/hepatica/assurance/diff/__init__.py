"""What an edit of the rules changes, and whether it was meant."""
