"""The process that takes a reply from queued to its end."""
