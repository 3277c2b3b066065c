"""Guards have teeth: each is taken away, and some test has to notice. Nobody imports it."""
