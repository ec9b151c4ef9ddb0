"""Readers' pages: leave with one button, see what you chose, read an edition in a browser."""
