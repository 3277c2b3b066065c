"""The demo: a bad update is rolled back and a good one promoted, told as it happens."""
