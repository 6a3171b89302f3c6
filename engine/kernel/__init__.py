"""Wires the stages into an engine; the only room that knows all of them."""
