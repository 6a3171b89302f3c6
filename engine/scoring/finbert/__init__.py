"""The scorer `finbert`: a transformer that classifies sentences, in a process of its own.

`scorer` speaks `model.LateScorer` on the engine's side and owns the process (`process`, `wire`); `worker` is what runs
there, with `model` as the network and its tokenizer. `labels` reads what the classes mean, `store` and `pull` keep
models on this machine.
"""
