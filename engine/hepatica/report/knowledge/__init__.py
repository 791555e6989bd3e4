"""Views of the knowledge: rules, studies, the card, what verification found."""
