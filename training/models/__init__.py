"""One model a file, each with its SPEC; training.registry lists them."""
