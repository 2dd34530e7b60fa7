"""Networks that nobody has chosen, compared across backends: how often is a verdict wrong?

`networks` draws a network from a seed, as plain data, and builds it; each is valid by construction.
`faults` plants one fault in it. `command` compares many of both and counts: false alarms where no
fault was planted, and the share of the planted ones that was found. `shrink` makes a network that
differs smaller while it still does, and writes it as a program that runs by itself.
"""
