"""What is set, read once at the edge: .env and config/digest.toml."""
