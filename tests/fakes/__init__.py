"""AWS in memory, without botocore: quick enough for a hundred thousand rollouts. For tests alone.

Each fake has `answer(operation, params)`; `facade.py` makes a client of one.
"""
