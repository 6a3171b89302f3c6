"""The scorer `llm`: a language model behind an endpoint, asked about one post at a time.

`prompt` says what is asked and fences the post, `answer` what may be answered, `calls` how a question reaches an
endpoint, `dialects` and `bedrock` how each kind of endpoint speaks; `scorer` puts them together with a budget.
"""
