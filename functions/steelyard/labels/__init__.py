"""Labels: what users really wanted, reported later. Pure (standard library, no clock).

Anyone may import it.
"""
