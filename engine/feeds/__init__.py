"""Feeds: where posts and prices come from. `x`, `news`, `prices` and `replay` each speak `engine.model.Feed`;
a module whose name begins with one of theirs is a part of it."""
