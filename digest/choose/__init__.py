"""Entries to an edition: match, rank, pick."""
