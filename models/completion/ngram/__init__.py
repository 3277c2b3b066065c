"""The language model itself, from lexer to artifact. `train.py` and `serve.py` import it."""
