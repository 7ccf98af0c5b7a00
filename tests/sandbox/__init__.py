"""A stand-in for Segmind's API: a small ASGI application that speaks its contract, for development and tests."""
