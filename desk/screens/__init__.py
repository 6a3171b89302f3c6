"""The desk's screens, each with its stylesheet beside it."""
