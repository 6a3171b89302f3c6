"""The engine: everything between a post and an order. It imports no screen code.

Rooms and their order are in docs/architecture.md; the words are in `engine.model`.
"""
