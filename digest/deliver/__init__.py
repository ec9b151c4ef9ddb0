"""Envelopes to a relay or a Maildir, and what its replies mean."""
