"""``python -m conformance pictures FOLDER``: the documents' pictures, drawn from trained networks.

Each kind of picture is a module with a function from numbers to a matplotlib figure; `gallery`
says which are drawn, from which network.
"""
