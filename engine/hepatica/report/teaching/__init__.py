"""Views for a seminar: why, what if, side by side, pictures, the quiz."""
