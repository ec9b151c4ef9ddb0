"""An edition to the message of each reader: render, inline, compile, merge."""
