"""How to talk to Alpaca safely: what the broker and the feeds of prices and news share.

`rest` makes one REST call through alpaca-py, once, in a bounded time, off the loop. `stream` is a websocket that comes
back. `read` takes foreign JSON apart without ever raising.
"""
