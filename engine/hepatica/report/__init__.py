"""Views of an answer and of the knowledge: text, JSON, Markdown. Nothing here decides anything."""
