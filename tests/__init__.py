"""The tests. A package, because one of the libraries installs a `tests` of its own."""
