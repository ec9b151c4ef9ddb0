"""A newsroom's nightly mail: gather, choose, compose, deliver."""
