"""Readers: their addresses and the files they come in from."""
