"""Ideas that turn moods into signals; one file each, all speak `model.Strategy`."""
