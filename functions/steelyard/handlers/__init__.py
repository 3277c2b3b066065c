"""One thin module a Lambda: parse, call the service, answer. Nothing imports them."""
