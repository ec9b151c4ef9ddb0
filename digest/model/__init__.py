"""The values that cross a boundary, one module per moment of their life:
newsroom | feeds -> edition -> message -> ledger | readers. Pure.
"""
