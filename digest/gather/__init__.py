"""Feeds to entries: fetch, parse, clean."""
