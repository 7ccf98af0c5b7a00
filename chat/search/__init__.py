"""Finding: all of a person's conversations by words (query, hits, alike, marks), one conversation by a text (inside)."""
