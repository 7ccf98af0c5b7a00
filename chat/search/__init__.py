"""Finding: in all of a person's conversations by words, and inside one conversation by a text."""
